//! The options of the command.

use std::time::Duration;

use clap::ValueEnum;

use super::timeout::seconds;

/// Connects to a WebSocket server as a client does, and says what is wrong.
///
/// With `--send` or `--expect` it exchanges text messages after the handshake, and prints the first ones that come.
///
/// Exit status: 0 if a client can connect, everything expected came, and there is no problem, 1 if there is one, 2 if
/// the probe could not run. Tokens in the query string and in headers are sent but never printed.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
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
    /// A text message to send after the handshake; can be repeated, all are sent in this order before waiting
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(super) send: Vec<String>,
    /// Text that a text message of the server has to contain; can be repeated, each for a message after the one before
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(super) expect: Vec<String>,
    /// Do not warn if any web page can connect
    #[arg(long)]
    pub(super) any_origin: bool,
    /// Seconds that each step may take; the messages together are one step
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(super) timeout: Duration,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
}

const EXAMPLES: &str = "\
Examples:
  cargo sockeye probe wss://example.com/ws
  cargo sockeye probe ws://localhost:3000/ws/echo --send hello --expect hello
  cargo sockeye probe wss://example.com/ws -H 'Authorization: Bearer ...' --expect '\"type\":\"welcome\"' --timeout 5";

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Lines of text
    Human,
    /// One JSON document
    Json,
}
