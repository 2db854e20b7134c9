//! Two endpoints, a page to try them on, and nothing to wire up.
//!
//! ```text
//! cargo run -p example-quickstart
//! ```
//!
//! `echo.rs` is the smallest endpoint there is. `room.rs` has a path parameter, typed JSON and shared state.
//! There is no logger here, so refusals and failures go to standard error; `examples/chat` has one, and sees every close.
//! `SOCKEYE_CHECK=1` in front of the command lists both without listening; `SOCKEYE_ADDR` listens elsewhere.

#![expect(clippy::print_stdout, reason = "it says on the terminal where the page is")]

mod echo;
mod room;

use std::env;

use axum::{Router, response::Html, routing::get};
use sockeye::{Server, StartupError};

#[tokio::main]
async fn main() -> Result<(), StartupError> {
    let address = env::var("SOCKEYE_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());

    // The endpoints are not listed here: `#[ws_endpoint]` has registered them. Take the line with `state` away, and the
    // server says what is missing, and where, instead of starting.
    Server::new()
        .state(room::Rooms::default())
        .router(page())
        .on_listen(|address| println!("open http://{address} in two windows; Ctrl-C stops"))
        .serve(address)
        .await
}

/// Everything that is not a WebSocket is axum, as always.
fn page() -> Router {
    // The module with which the page connects, and connects again.
    let module = sockeye::client_js();
    Router::new().route("/", get(async || Html(include_str!("page.html")))).route("/sockeye.js", module)
}
