//! Numbers of connections, and rates of messages and handshakes: counts in total and per client, and rate limits.

mod admit;
mod client;
mod count;
mod handshakes;
mod lingering;
mod rate;

pub(crate) use admit::{Place, admit_farewell, admit_http, admit_socket};
pub(crate) use client::{Client, client, is_forwarded};
pub(crate) use count::{Count, Slot};
use handshakes::Handshakes;
pub(crate) use lingering::{Lingerer, Lingering};
pub(crate) use rate::Pace;

/// The open connections of a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    /// WebSockets, from the call of their handler on.
    pub(crate) sockets: Count,
    /// Handlers whose WebSocket is over, or was refused.
    pub(crate) lingering: Lingering,
    /// TCP connections that have not become a WebSocket.
    pub(crate) http: Count,
    /// TCP connections that are being turned away.
    pub(crate) turned_away: Count,
    /// The handshakes of each client, if their rate is limited.
    handshakes: Handshakes,
}
