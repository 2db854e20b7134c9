//! The same as `startup_unlinked`, but with the line that the report asks for.

use sockeye::{Server, StartupError};
use sockeye_tests as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartupError> {
    let expected = std::env::args().nth(1);
    Server::new().group("library").expect(expected).serve("127.0.0.1:0").await
}
