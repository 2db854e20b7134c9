//! Compiles the module of its library once more.

use both as _;
use sockeye::{Server, StartupError};

mod ws;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartupError> {
    Server::new().serve("127.0.0.1:0").await
}
