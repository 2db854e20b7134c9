//! WebSocket endpoints for axum and tokio that report mistakes instead of failing silently.
//!
//! An endpoint is an `async fn` with an attribute. The attribute checks the function at compile time and registers it; [`Server`]
//! finds every endpoint, checks all of them together before it binds the port, and serves them beside your axum routes.
//!
//! ```no_run
//! use axum::extract::State;
//! use serde::{Deserialize, Serialize};
//! use sockeye::{Handshake, Hub, Json, Server, StartupError, ws_endpoint};
//!
//! #[derive(Deserialize)]
//! struct Say {
//!     text: String,
//! }
//!
//! #[derive(Serialize)]
//! struct Said {
//!     text: String,
//! }
//!
//! /// Sends what one client says to all.
//! #[ws_endpoint("/ws/chat")]
//! async fn chat(handshake: Handshake<Json<Say, Said>>, State(hub): State<Hub<Said>>) -> sockeye::Result {
//!     let room = hub.topic("chat");
//!     let mut events = room.subscribe(); // before `accept`: the client misses nothing from then on
//!     let mut socket = handshake.accept().await?;
//!     loop {
//!         tokio::select! {
//!             message = socket.recv() => match message? {
//!                 Some(Say { text }) => _ = room.publish(&Said { text })?,
//!                 None => return Ok(()), // the client closed, or the server stops
//!             },
//!             event = events.next() => socket.send(event?).await?,
//!         }
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), StartupError> {
//!     Server::new().state(Hub::<Said>::new()).serve("127.0.0.1:3000").await
//! }
//! ```
//!
//! # Three gates
//!
//! | gate | when | what it checks |
//! | --- | --- | --- |
//! | compile | `cargo check` | one handler: its signature, route, options, and what it does with its connection |
//! | startup | before the port is bound | all endpoints together: routes, state, settings, and the layers in front |
//! | run | while the server runs | each handshake and each connection; refusals and closes are `tracing` events, and repeated events of one client are summed up |
//!
//! Every message names a rule. [All rules](guide::rules), [common mistakes and their messages](guide::mistakes).
//!
//! # Where to begin
//!
//! | to do this | read |
//! | --- | --- |
//! | write the first endpoint | [`guide::getting_started`], [`ws_endpoint`] |
//! | choose the format of messages | [`guide::messages`], [`Codec`] |
//! | move an axum application over | [`guide::moving_from_axum`] |
//! | identify the client | [`guide::authentication`] |
//! | push events to clients | [`guide::pushing_and_broadcasting`], [`Hub`] |
//! | share state, wait for a database | [`guide::state_and_readiness`] |
//! | look up a default or a limit | [`guide::limits_and_defaults`], [`Limits`] |
//! | document the endpoints, type the page | [`guide::documenting`] |
//! | test without a port | [`testing`] |
//! | deploy | [`guide::deployment`], [`guide::observability`], [`guide::security`] |
//! | find out what is wrong | [`guide::troubleshooting`] |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `anyhow` | yes | `?` on Sockeye's errors in functions that return `anyhow::Result`; the other direction needs no feature |
//! | `asyncapi` | no | `AsyncApi`: the endpoints as a document of AsyncAPI 3.0, which `cargo sockeye asyncapi` and `cargo sockeye types` read |
//! | `cbor` | no | `Cbor`: messages in CBOR, with serde |
//! | `client-js` | no | `client_js`: the client module for browsers, served by the server itself |
//! | `compression` | no | `Limits::compression`: permessage-deflate (RFC 7692), off unless a program asks for it |
//! | `console` | no | [`Console`]: a page that lists the endpoints, opens sockets to them, and shows what the server does |
//! | `eyre` | no | the same for `eyre::Result` |
//! | `garde` | no | `Valid`: messages that meet the constraints of [`garde`](https://docs.rs/garde) |
//! | `http2` | yes | HTTP/2, with WebSockets on it (RFC 8441); a server without it compiles faster |
//! | `metrics` | no | counts through the [`metrics`](https://docs.rs/metrics) facade; the names are in [`mod@metrics`] |
//! | `msgpack` | no | `MessagePack`: messages in MessagePack, with serde |
//! | `protobuf` | no | `Protobuf`: messages in Protocol Buffers, with the types of `prost` |
//! | `query` | yes | an error of its own if axum's `Query` cannot read its type; switches axum's feature on |
//! | `log-stream` | no | [`LogStream`]: the program's own log as events of a [`Hub`] |
//! | `tls` | no | `Server::tls`: `wss://` and `https://` without a proxy in front, with rustls and `ring` |
//! | `testing` | no | [`testing`]: the whole server inside a test |

// docs.rs shows which feature an item needs; the stable compiler does not have this attribute.
#![cfg_attr(docsrs, feature(doc_cfg))]
// The documentation of a program's dependencies has the features of the program. Without all of them some links lead nowhere.
#![cfg_attr(
    not(all(
        feature = "anyhow",
        feature = "asyncapi",
        feature = "cbor",
        feature = "client-js",
        feature = "compression",
        feature = "console",
        feature = "eyre",
        feature = "garde",
        feature = "http2",
        feature = "log-stream",
        feature = "metrics",
        feature = "msgpack",
        feature = "protobuf",
        feature = "testing",
        feature = "tls"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

#[cfg(feature = "asyncapi")]
mod asyncapi;
pub mod backplane;
mod call;
#[cfg(feature = "client-js")]
mod client_js;
mod close;
mod codec;
#[cfg(feature = "compression")]
mod compression;
#[cfg(not(feature = "compression"))]
#[path = "no_compression.rs"]
mod compression;
mod connection;
mod connections;
mod console;
mod descriptors;
mod endpoint;
mod error;
mod frames;
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
mod outbound;
mod panic;
mod path_shape;
mod ready;
mod refusal;
mod report;
mod route;
mod routing;
mod server;
mod shutdown;
mod socket;
mod startup;
mod startup_probe;
mod state;
#[cfg(feature = "testing")]
pub mod testing;
mod transport;
mod utf8_bytes;
#[cfg(feature = "garde")]
mod valid;
mod watchdog;

#[cfg(feature = "asyncapi")]
pub use asyncapi::AsyncApi;
pub use call::{Answer, Call, CallCodec, CallError, CallId, MaybeCall, Question, Responder};
#[cfg(feature = "client-js")]
pub use client_js::client_js;
pub use close::{CloseCode, CloseFrame};
#[cfg(feature = "cbor")]
pub use codec::Cbor;
#[cfg(feature = "msgpack")]
pub use codec::MessagePack;
#[cfg(feature = "protobuf")]
pub use codec::Protobuf;
pub use codec::{
    BySubprotocol, Codec, Format, FormatList, IntoOutgoing, Json, Outgoing, Raw, SubprotocolFormats,
};
#[cfg(feature = "compression")]
pub use compression::Compression;
pub use connections::{Connection, ConnectionChange, ConnectionChanges, Connections};
#[cfg(feature = "console")]
pub use console::Console;
pub use endpoint::{Requirements, Requires, state};
pub use error::{Error, Result};
pub use handshake::{Accept, Accepting, BearerToken, Handshake};
pub use heartbeat::Heartbeat;
pub use hub::{
    Backplane, Delivery, Event, Gap, Hub, HubBuilder, Lost, Member, Membership, Position, Positioned,
    Presence, PresenceChange, SlowPolicy, Subscription, Topic,
};
pub use limits::Limits;
#[cfg(feature = "log-stream")]
pub use log_stream::{LogFilter, LogRecord, LogStream, SpanRecord};
pub use message::Message;
pub use origin::Origins;
pub use ready::Ready;
pub use server::{Checked, EndpointInfo, Health, Server};
pub use shutdown::Drained;
pub use socket::{Calling, ForwardItem, Receiver, Receiving, Sender, Sending, Socket, SocketIo};
pub use sockeye_macros::{ws_endpoint, ws_lifecycle};
pub use startup::{Problem, StartupError};
pub use startup_probe::is_startup_probe;
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
#[doc(no_inline)]
pub use tokio_rustls::rustls;
pub use utf8_bytes::Utf8Bytes;
#[cfg(feature = "garde")]
pub use valid::Valid;
pub use watchdog::Watchdog;

/// The code that `#[ws_endpoint]` expands to uses these items. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    // Four tokens instead of the twelve of `::core::option::Option::None`.
    pub use core::option::Option::{None, Some};

    pub use inventory;

    pub use crate::__described as described;
    #[cfg(feature = "asyncapi")]
    pub use crate::asyncapi::{
        AnyFirst, AnyPayload, AnyQuery, CodecOfFirst, Describing, Description, ParameterType, Payload,
        PayloadType, SchemaPayload, SchemaQuery,
    };

    pub use crate::{
        codec::Formats,
        endpoint::*,
        path_shape::{Kind, PathProblem, Shape},
        socket::socket_of,
    };
}

/// Compiles the snippet of the crate's README. Those of the repository's README are compiled by `tests/`: a package contains no
/// other files.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
