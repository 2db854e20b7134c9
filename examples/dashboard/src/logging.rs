use std::io::{self, IsTerminal};

use sockeye::LogStream;
use tracing_subscriber::{
    EnvFilter, Layer as _, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// Logs to the terminal what `RUST_LOG` lets through, and to the stream everything of the dashboard: the page filters.
pub(crate) fn start(stream: Option<LogStream>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal =
        fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).with_filter(filter);
    let stream = stream.map(|stream| stream.with_filter(EnvFilter::new("info,example_dashboard=debug")));
    tracing_subscriber::registry().with(terminal).with(stream).init();
}
