//! WebSocket endpoints for axum and tokio that cannot fail silently.

pub mod backplane;
mod close;
mod codec;
mod connection;
mod descriptors;
mod endpoint;
mod error;
pub mod guide;
mod handshake;
mod heartbeat;
mod hosts;
mod hub;
mod limiter;
mod limits;
mod log;
#[cfg(feature = "log-stream")]
mod log_stream;
mod message;
pub mod metrics;
mod mounted;
mod origin;
mod panic;
mod path_shape;
mod ready;
mod refusal;
mod report;
mod routing;
mod server;
mod socket;
mod startup;
mod startup_probe;
mod state;
#[cfg(feature = "testing")]
pub mod testing;
mod utf8_bytes;
mod watchdog;

pub use close::{CloseCode, CloseFrame};
pub use codec::{Codec, Json, Outgoing, Raw};
pub use endpoint::{Requirements, Requires, state};
pub use error::{Error, Result};
pub use handshake::{Accept, Handshake};
pub use heartbeat::Heartbeat;
pub use hub::{Backplane, Delivery, Event, Hub, HubBuilder, Lost, SlowPolicy, Subscription, Topic};
pub use limits::Limits;
#[cfg(feature = "log-stream")]
pub use log_stream::{LogRecord, LogStream, SpanRecord};
pub use message::Message;
pub use origin::Origins;
pub use ready::Ready;
pub use server::{Checked, Drained, EndpointInfo, Health, Server};
pub use socket::{Receiver, Sender, Sending, Socket};
pub use sockeye_macros::{ws_endpoint, ws_lifecycle};
pub use startup::{Problem, StartupError};
pub use startup_probe::is_startup_probe;
pub use utf8_bytes::Utf8Bytes;
pub use watchdog::Watchdog;

/// What `#[ws_endpoint]` writes code against. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    // Four tokens where `::core::option::Option::None` has twelve.
    pub use core::option::Option::{None, Some};

    pub use inventory;

    pub use crate::{endpoint::*, path_shape::PathProblem, socket::socket_of};
}

/// The snippets of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
