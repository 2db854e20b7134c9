//! Topics of [Sockeye](https://docs.rs/sockeye)'s hub on several machines, through Redis 6 or later, or Valkey.
//!
//! ```no_run
//! use axum::extract::State;
//! use sockeye::{Handshake, Hub, Server, StartupError, ws_endpoint};
//!
//! /// Sends each price to the client.
//! #[ws_endpoint("/prices")]
//! async fn prices(handshake: Handshake, State(hub): State<Hub<f64>>) -> sockeye::Result {
//!     let prices = hub.topic("prices").subscribe();
//!     handshake.accept().await?.forward(prices).await
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), StartupError> {
//!     let hub = Hub::<f64>::builder().backplane(sockeye_redis::connect("redis://127.0.0.1:6379")).build();
//!     // The server starts when Redis can be reached; from then on `/health` knows when it cannot.
//!     Server::new().state(hub.clone()).ready("hub", hub).serve("127.0.0.1:3000").await
//! }
//! ```
//!
//! An event that one machine publishes reaches the subscribers on all of them. Nothing else in a program changes.
//!
//! # What is promised
//!
//! | | |
//! | --- | --- |
//! | order | The events of one publisher on one topic arrive in the order in which they were published. There is no order between topics or publishers. |
//! | duplicates | None. What arrives twice is dropped by its number. |
//! | delivery | At most once. Redis keeps nothing for those who are not connected. |
//! | losses | They are detected, also that of a topic's last event: [`Event::lost`](sockeye::Event::lost) has the number, or says that there may be more. [`Backplane`](sockeye::Backplane) says when. |
//! | an outage | Subscribers on the same machine get every event. Those on other machines miss what is published until both machines are connected again; the next event, or [`next_or_lost`](sockeye::Subscription::next_or_lost), tells them (`after_outage`, and how many where the publishers know). |
//! | publishers then | `publish` does not wait and does not fail: it returns how many subscribers this machine has. Events for other machines are not queued, but counted as lost. The log says `backplane_lost`, and how many when it is over. |
//! | noticing | A broken connection at once; one that is dead within 10 s: each is sent a `PING` every 5 s, which must be answered within 5 s. |
//! | reconnecting | After 50 ms, and then twice as long each time, up to 5 s, shortened at random by up to a half. An attempt ends after 5 s. The pauses also get longer, up to 3 s, when connections break again within 10 s. All topics are subscribed to again. |
//! | a slow Redis | At most 1,024 orders or 1 MiB are without an answer. Then up to 8,192 events or 16 MiB wait in the hub, and what does not fit is lost, and counted. |
//! | a slow machine | It is disconnected by Redis when too much waits for it (`client-output-buffer-limit pubsub`), which is an outage as any other. |
//! | memory | The two limits above, and the names of the topics. Nothing is queued on the way in: what arrives goes into the queues of the subscribers, which have limits of their own. |
//!
//! # Channels
//! A topic is the channel with its name behind a prefix, [`sockeye:`](Redis::prefix) by default. Another program publishes to the
//! topic `numbers` with `PUBLISH sockeye:numbers 7`: such an event has no number, so a loss of it is not detected, except in an outage.
//! What Sockeye publishes has one line before the event, which begins with the byte 1 and ends with a line feed.
//!
//! # URLs
//! | | |
//! | --- | --- |
//! | `redis://user:password@host:6379` | One server; user, password, and port can be left out. `valkey` is the same as `redis` in all of these. |
//! | `rediss://…` | The same with TLS, with the feature `tls`. |
//! | `redis+unix:///path?user=…&pass=…` | A Unix socket, also `unix://`. |
//! | `redis+sentinel://host:26379,host/name` | The master of this name, as the sentinels say. User and password are those of the master. `rediss+sentinel://` uses TLS for both. |
//! | `redis+cluster://host:6379,host` | A cluster of Redis 7, with sharded channels (`SPUBLISH`). `rediss+cluster://` is with TLS. |
//!
//! Characters such as `/` and `#` in a password are percent-encoded. A database behind the `/` is selected, but channels are common to
//! all databases. A URL that cannot be read is reported like a Redis that is not there.
//!
//! # Secrets
//! No user and no password is in a log event, in an error, or in the output of `Debug`. The user of the URL needs the permissions
//! `+hello +ping +publish +subscribe +unsubscribe` and the channels `&sockeye:*`; with sentinels also `+role`, and in a cluster
//! `+cluster|slots +spublish +ssubscribe +sunsubscribe`.
//!
//! # Sentinels
//! The sentinels are asked for the master whenever there is no connection, and every 5 s while there is one, since a master that was
//! replaced may not know it. A failover is an outage as any other.
//!
//! # Clusters
//! Each topic belongs to one of the masters, to which all machines connect; so their load is shared. When slots move or a master fails, all
//! connections are established anew, which is an outage for all topics. A master that does not answer holds up the topics of the others
//! until it is noticed. A URL with `redis://` and one server of a cluster works as well: then each event goes to all servers.
//!
//! # History
//! With [`HubBuilder::history`](sockeye::HubBuilder::history), Redis keeps the last events of each topic, and all machines share them: a client resumes on any of them
//! ([`Topic::subscribe_from`](sockeye::Topic::subscribe_from)), also after a restart. All machines need the same history. In the table above, these lines are different then:
//!
//! | | |
//! | --- | --- |
//! | order | All machines deliver the events of a topic in the order in which Redis has them, those of their own process as well: an event takes a round trip. |
//! | delivery | Exactly what Redis has, once. What a machine misses while it is cut off, it fetches afterwards. |
//! | losses | Events that did not reach Redis, of which subscribers are told as above; and what is no longer kept when a machine or a client comes back, which is counted. A client that is not connected anywhere when an event does not reach Redis does not learn of it. |
//! | an outage | Nothing is delivered, on no machine. |
//! | a Redis that loses its data, or comes back with older data | Its topics begin a new epoch: subscribers are told (`after_outage`), and old positions are unknown ([`Gap`](sockeye::Gap)). What survives a restart or a failover of Redis is a question of its configuration (`appendonly`, replicas). |
//! | memory in Redis | For each topic a stream of at most so many events, which expires when nothing has been published for the age of the history; and a hash of about 100 bytes, a day longer. A topic that is quiet for longer begins a new epoch with its next event, as if data were lost: choose the age accordingly. |
//!
//! The keys are `{sockeye:numbers}:events` and `{sockeye:numbers}:topic` for the topic `numbers`. Redis has to allow scripts: its user needs
//! `+evalsha +script|load +hget +hset +hincrby +del +time +xadd +xrevrange +pexpire +pttl` and the keys `~*sockeye:*` as well. `maxmemory-policy` should not evict keys that expire
//! (`noeviction`): a topic that is evicted begins a new epoch.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod backplane;
mod cluster;
mod connection;
mod failure;
mod history;
mod leaving;
mod link;
mod load;
mod sentinel;
mod server;
mod session;
mod settings;
mod slots;
mod target;
mod trust;

pub use backplane::Redis;

/// A backplane over the Redis at this URL, whose forms the [page of the crate](crate#urls) lists.
///
/// It connects in the background. A server with the hub as a component ([`Server::ready`](sockeye::Server::ready))
/// does not start without Redis, and says why.
///
/// ```
/// let hub = sockeye::Hub::<u32>::builder().backplane(sockeye_redis::connect("redis://127.0.0.1:6379")).build();
/// ```
pub fn connect(url: impl Into<String>) -> Redis {
    Redis { settings: target::parse(&url.into()) }
}
