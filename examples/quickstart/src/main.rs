//! Two endpoints, a page to try them on, and nothing to wire up.
//!
//! ```text
//! cargo run -p example-quickstart
//! ```
//!
//! `echo.rs` is the smallest endpoint there is. `room.rs` has a path parameter, typed JSON and shared state.
//! `SOCKEYE_CHECK=1` in front of the command lists both without listening; `SOCKEYE_ADDR` listens elsewhere.

mod echo;
mod room;

use std::{
    env,
    io::{self, IsTerminal},
};

use axum::{Router, response::Html, routing::get};
use sockeye::{Server, StartupError};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

#[tokio::main]
async fn main() -> Result<(), StartupError> {
    log_to_terminal();
    let address = env::var("SOCKEYE_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());

    // The endpoints are not listed here: `#[ws_endpoint]` has registered them. Take the line with `state` away, and the
    // server says what is missing, and where, instead of starting.
    Server::new()
        .state(room::Rooms::default())
        .router(page())
        .on_listen(|address| tracing::info!("open http://{address} in two windows; Ctrl-C stops"))
        .serve(address)
        .await
}

/// Everything that is not a WebSocket is axum, as always.
fn page() -> Router {
    Router::new().route("/", get(async || Html(include_str!("page.html"))))
}

/// Every refusal and every close is one event, so that nothing happens without a reason. `RUST_LOG` chooses what to see:
/// `RUST_LOG=debug`, or a level for each target, `RUST_LOG=info,sockeye=debug`.
fn log_to_terminal() {
    let asked = env::var("RUST_LOG").ok().and_then(|directives| directives.parse().ok());
    let filter = asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let terminal = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry().with(filter).with(terminal).init();
}
