//! Shares the topics of [Sockeye](sockeye)'s [`Hub`](sockeye::Hub)s between machines, over NATS.
//!
//! ```no_run
//! use sockeye::{Handshake, Hub, Json, Server, StartupError, ws_endpoint};
//! use axum::extract::State;
//!
//! /// Sends the news of every machine.
//! #[ws_endpoint("/news")]
//! async fn news(handshake: Handshake<Json<(), String>>, State(hub): State<Hub<String>>) -> sockeye::Result {
//!     let feed = hub.topic("news").subscribe();
//!     handshake.accept().await?.forward(feed).await
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), StartupError> {
//!     let hub = Hub::<String>::builder().backplane(sockeye_nats::connect("nats://127.0.0.1:4222")).build();
//!     Server::new().state(hub.clone()).ready("nats", hub).serve("127.0.0.1:3000").await
//! }
//! ```
//!
//! It is core NATS, without streams: nothing is stored at the server. It takes nats-server 2.2 or later, and no configuration.
//!
//! # What is promised
//!
//! | | |
//! | --- | --- |
//! | order | the events of one publisher on one topic arrive in the order in which they were published |
//! | duplicates | none, except of events that other programs than Sockeye's publish twice |
//! | an event that the server has not taken | is counted as lost: subscribers on other machines get the number with the topic's next event or a mark ([`Event::lost`](sockeye::Event::lost)), as soon as there is a connection |
//! | an outage of the server, or of the network | every subscriber of the machine that was cut off is told with its next event or at once by [`next_or_lost`](sockeye::Subscription::next_or_lost): [`Lost::after_outage`](sockeye::Lost); events of its own machine still arrive |
//! | publishers during an outage | notice nothing: `publish` never waits and never fails for it; their events reach the subscribers of their own machine |
//! | a dead connection | is noticed after at most 7 seconds: there is a round trip every 2 seconds, and 5 seconds are waited for its answer |
//! | reconnection | by itself, after 50 ms at first and 5 s at most, at random by up to a half less, to any server of the URL; every topic is subscribed to again |
//! | readiness | the hub is not [`Ready`](sockeye::Ready) while there is no connection, or a topic is refused; its error says why, without secrets |
//! | memory | at most 8,192 events and 16 MiB wait for the server, and 2,048 events or 8 MiB for its confirmation; what is beyond that is counted as lost. A subscribed topic takes about 5 KiB more than without a backplane, since the client has a queue for each |
//! | events that come too fast | of each topic, 32,768 wait for the hub, which never waits for its subscribers ([`Nats::pending`]); if they are more, because the program's threads are blocked, the connection counts as lost |
//! | a slow connection to the server | the server drops this machine as a slow consumer, which is an outage |
//!
//! NATS confirms nothing that is published. Sockeye sends a packet to itself after it, and when that comes back, the server has taken
//! what was sent before; one such packet confirms everything that waits. In a cluster this is the server of this machine: what it loses
//! on the way to others is noticed as every loss is, by the numbers of events and by marks (see [`Backplane`](sockeye::Backplane)).
//!
//! # Subjects
//!
//! A topic is one token under the prefix `sockeye.` ([`Nats::prefix`]). Letters, digits, `-`, `_`, `~`, `:` and `/` stand for themselves; each
//! other byte of the topic in UTF-8 is `%` and two hexadecimal digits in upper case. `workflow:7` is `sockeye.workflow:7`, and `New York`
//! is `sockeye.New%20York`. The empty topic is `%`. If the token has more than 1,000 bytes, it is `%%` and the topic's SHA-1 in hexadecimal
//! digits in lower case.
//!
//! So other programs can publish: `nats pub sockeye.workflow:7 '{"percent":100}'`. Subscribers receive the payload as it is, as text if it is
//! UTF-8; headers are ignored. They are delivered at most once and without a number, so that their losses are not noticed, apart from
//! outages. In Python a topic's token is `quote(topic, safe=":/").replace(".", "%2E")`, with `urllib.parse.quote`.
//!
//! What Sockeye itself publishes begins with a line, `\x01sockeye/1 …`, which other subscribers can skip; a packet with a `m` in its second
//! word is a mark, without an event.
//!
//! # URLs and secrets
//!
//! `nats://host:4222`, `nats://user:password@host`, `nats://token@host`; what is not a letter or digit in user, password and token has to be
//! percent-encoded. `tls://host` with the feature `tls`. Several servers of a cluster are separated by commas. Instead of the URL, [`Nats::user`]
//! and [`Nats::token`] log in, and with the feature `nkeys` `Nats::nkey` and `Nats::credentials_file`.
//!
//! A user with restricted permissions has to be allowed to publish and subscribe to `sockeye.>`. No password, token or key is in a line of the
//! log, in an error or in `Debug`.
//!
//! The log of the client has the target `async_nats`. It says at each end of a connection that `max reconnection attempts` are reached: Sockeye
//! makes a new client for each connection, since one that reconnects by itself keeps events whose loss was already reported.
//!
//! # Limits
//!
//! - An event that is larger than the server's `max_payload`, 1 MiB by default, reaches only the subscribers of its own machine. It is
//!   counted as lost, and the log says so.
//! - One hub has one connection, and each subscribed topic is one subscription at the server, whose `max_subscriptions` has to allow it. Two hubs
//!   with the same topics need different prefixes.
//! - A server that requires TLS cannot be connected to without the feature `tls`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
mod connection;
mod denied;
mod feeds;
mod flight;
mod nats;
mod open;
mod rounds;
mod subject;

pub use nats::{Nats, connect};

#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use tokio_rustls::rustls;
