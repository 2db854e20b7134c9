//! The options of the command.

use std::time::Duration;

use clap::ValueEnum;

use super::timeout::seconds;

/// Connects to a WebSocket server as a client does, and says what is wrong.
///
/// Exit status: 0 if a client can connect and there is no problem, 1 if there is one, 2 if the probe could not run.
/// Tokens in the query string and in headers are sent but never printed.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Address of the endpoint, such as `wss://example.com/ws`
    pub(super) url: String,
    /// Origin of the page to connect as, such as `https://app.example.com` [default: none]
    #[arg(long, value_name = "ORIGIN")]
    pub(super) origin: Option<String>,
    /// A header to send with the handshake; can be repeated
    // Parsed by us, not by clap: clap would print an invalid value.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    pub(super) headers: Vec<String>,
    /// A subprotocol to offer; can be repeated, the first one is preferred
    #[arg(long = "subprotocol", value_name = "NAME")]
    pub(super) subprotocols: Vec<String>,
    /// Do not warn if any web page can connect
    #[arg(long)]
    pub(super) any_origin: bool,
    /// Seconds that each step may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(super) timeout: Duration,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Lines of text
    Human,
    /// One JSON document
    Json,
}
