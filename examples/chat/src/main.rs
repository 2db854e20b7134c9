//! A chat with rooms, names, and a list of who is there.
//!
//! ```text
//! cargo run -p example-chat
//! ```
//!
//! `protocol.rs` is what goes over the wire, `rooms.rs` knows who is where, `room.rs` is the endpoint, `page.html` the
//! browser's side, and `tests.rs` runs all of it without a port. At `/_sockeye` is the console: it opens a socket to any
//! room. `SOCKEYE_ADDR` listens elsewhere, `RUST_LOG` chooses what is logged.

mod protocol;
mod room;
mod rooms;
#[cfg(test)]
mod tests;

use std::{
    env,
    io::{self, IsTerminal},
};

use axum::{Router, response::Html, routing::get};
use sockeye::{Limits, Server, StartupError};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), StartupError> {
    log_to_terminal();
    let address = env::var("SOCKEYE_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let tell = |address| tracing::info!("open http://{address} in two windows; Ctrl-C stops");
    server().on_listen(tell).serve(address).await
}

/// The whole program but for its port, so that tests have the same one.
fn server() -> Server {
    let page = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/sockeye.js", sockeye::client_js());
    Server::new().state(rooms::Rooms::default()).limits(limits()).router(page).console("/_sockeye")
}

fn limits() -> Limits {
    Limits::new()
        // Every message goes to everyone in the room: who floods it does so at everybody's cost. Nobody types five
        // lines a second; a burst of ten lets through what a slow network has held back.
        .max_message_rate(5, 10)
        // Enough for a household or a small office behind one address, and too little to fill the server from there.
        .max_connections_per_client(100)
}

fn log_to_terminal() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colours).init();
}
