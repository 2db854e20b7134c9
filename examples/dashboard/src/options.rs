use std::{env, net::SocketAddr, path::PathBuf, time::Duration};

use clap::Parser;
use sockeye::Heartbeat;

use crate::breaks::Break;

/// Checks Markdown files in batches, and shows everything on a page, live.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// The directory whose Markdown files are checked.
    #[arg(long, default_value_os_t = repository())]
    pub(crate) directory: PathBuf,

    /// Where events are kept, so that a restart loses nothing.
    #[arg(long, default_value_os_t = default_journal())]
    pub(crate) journal: PathBuf,

    /// Lets approved recommendations change the files.
    #[arg(long)]
    pub(crate) write: bool,

    /// Milliseconds between two files, so that a person can watch.
    #[arg(long, default_value_t = 10)]
    pace: u64,

    /// Seconds of silence after which the server sends a heartbeat message.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    heartbeat: u64,

    /// Starts with one of the outages built in: it must refuse to start.
    #[arg(long = "break", value_name = "NAME")]
    pub(crate) broken: Option<Break>,
}

impl Options {
    pub(crate) fn heartbeat(&self) -> Heartbeat {
        Heartbeat::default().message_interval(Duration::from_secs(self.heartbeat))
    }

    pub(crate) fn pace(&self) -> Duration {
        Duration::from_millis(self.pace)
    }
}

/// `SOCKEYE_ADDR`, as in all examples.
pub(crate) fn address() -> String {
    env::var("SOCKEYE_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned())
}

/// Whether that address can be reached from this machine only.
pub(crate) fn is_local() -> bool {
    let address = address();
    let is_loopback = address.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
    is_loopback || address.starts_with("localhost:")
}

fn repository() -> PathBuf {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).map_or_else(|| ".".into(), PathBuf::from)
}

fn default_journal() -> PathBuf {
    repository().join("target/dashboard.jsonl")
}
