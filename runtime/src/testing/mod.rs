//! Tests of a server without a port: the whole server runs in the test, and clients connect over in-memory pipes.
//!
//! Requires the cargo feature `testing`, which belongs in `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! sockeye = { version = "0.1", features = ["testing"] }
//! ```
//!
//! Everything except the network is real: startup checks, HTTP, the user's router and layers, handshakes, limits,
//! shutdown. A refused handshake is a value, and every wait has a timeout whose error says what was waited for.
//!
//! ```standalone_crate
//! use sockeye::{CloseCode, Handshake, Server, testing::TestClient, ws_endpoint};
//!
//! /// Answers in capitals.
//! #[ws_endpoint("/shout")]
//! async fn shout(handshake: Handshake) -> sockeye::Result {
//!     let mut socket = handshake.accept().await?;
//!     while let Some(message) = socket.recv().await? {
//!         socket.send(message.as_text().unwrap_or("?").to_uppercase()).await?;
//!     }
//!     Ok(())
//! }
//!
//! # async fn test() -> Result<(), Box<dyn std::error::Error>> {
//! let client = TestClient::new(Server::new()).await?; // a failing startup is this error
//!
//! let mut socket = client.connect("/shout").await?;
//! socket.send("hello").await?;
//! assert_eq!(socket.recv_text().await?, "HELLO");
//!
//! let refusal = client.request("/shout").origin("https://evil.example").refused().await?;
//! assert_eq!((refusal.status().as_u16(), refusal.rule()), (403, Some("origin_refused")));
//!
//! assert_eq!(client.get("/none").await?.status(), 404); // any route, over plain HTTP
//!
//! let answer = socket.close(CloseCode::NORMAL, "done").await?;
//! assert_eq!(answer.code, CloseCode::NORMAL);
//! client.assert_idle().await; // no handler is left
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test()).unwrap();
//! ```
//!
//! # Time
//!
//! Nothing in here waits for a network, so tokio's paused clock works: heartbeats and deadlines fire immediately and in
//! order. This needs tokio's feature `test-util`.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use sockeye::{Server, testing::TestClient};
//! // #[tokio::test(start_paused = true)]
//! async fn a_silent_client_is_pinged() -> Result<(), Box<dyn std::error::Error>> {
//!     let client = TestClient::new(Server::new()).await?.patience(Duration::from_mins(1));
//!     let mut socket = client.connect("/shout").await?;
//!     socket.recv_ping().await?; // 30 s later, in no time
//!     socket.go_silent(); // the cable is pulled
//!     client.assert_idle().await; // the handler ends all the same
//!     Ok(())
//! }
//! ```

mod client;
mod driver;
mod error;
mod flow;
mod handshake;
mod hosted;
mod inbox;
mod peers;
mod pipe;
mod refusal;
mod request;
mod response;
mod socket;

pub use client::TestClient;
pub use error::TestError;
pub use pipe::TestStream;
pub use refusal::Refusal;
pub use request::TestRequest;
pub use response::TestResponse;
pub use socket::TestSocket;
