//! Depends on a library with endpoints and names nothing of it, so the linker drops it.

use sockeye::{Server, StartupError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartupError> {
    let expected = std::env::args().nth(1);
    Server::new().group("library").expect(expected).serve("127.0.0.1:0").await
}
