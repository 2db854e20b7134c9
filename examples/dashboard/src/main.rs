//! The program's own log on a page, live.
//!
//! ```text
//! cargo run -p example-dashboard
//! ```
//!
//! `work.rs` does some work and logs it, as any program does. `logs.rs` is the endpoint that shows the log to a browser.
//! Needs Sockeye's feature `log-stream`. `SOCKEYE_ADDR` listens elsewhere, `RUST_LOG` chooses what is logged.

mod logs;
#[cfg(test)]
mod tests;
mod work;

use std::{
    env,
    io::{self, IsTerminal},
};

use axum::{Router, response::Html, routing::get};
use sockeye::{LogStream, Server, StartupError};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

#[tokio::main]
async fn main() -> Result<(), StartupError> {
    let stream = LogStream::new();
    log_to_terminal_and(stream.clone());
    let address = env::var("SOCKEYE_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let tell = |address| tracing::info!("open http://{address}; Ctrl-C stops");
    tokio::select! {
        served = server(stream).on_listen(tell).serve(address) => served,
        never = work::search() => match never {},
    }
}

/// The whole program but for its work and its port, so that tests have the same one.
fn server(stream: LogStream) -> Server {
    let page = Router::new().route("/", get(async || Html(include_str!("page.html"))));
    Server::new()
        .state(stream.hub())
        // Asked at every start: a stream that is not connected to the logger is an error then, in place of a page that
        // stays empty. Try it: take `.with(stream)` out below.
        .ready("log stream", stream)
        .router(page)
}

fn log_to_terminal_and(stream: LogStream) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry().with(filter).with(terminal).with(stream).init();
}
