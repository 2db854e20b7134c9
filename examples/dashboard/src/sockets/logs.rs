use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sockeye::{Event, Gap, Handshake, Hub, Json, LogRecord, LogStream, Position, ws_endpoint};

/// Which records a client wants. It may send another one at any time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Filter {
    level: Level,
    /// The beginning of the target; empty for all.
    target: String,
}

impl Default for Filter {
    fn default() -> Self {
        Self { level: Level::Info, target: String::new() }
    }
}

/// From the rarest to the most frequent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// What goes over the socket.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Told {
    Said(Said),
    Gap(Gap),
    Missed(Missed),
    Record(Placed),
}

/// What is said about the connection.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    ConnectionEstablished {
        endpoint: &'static str,
        connected_to: &'static str,
        filter: Filter,
    },
    /// Everything that is kept comes again, as far as it fits.
    FilterSet {
        filter: Filter,
    },
}

/// This client was too slow for so many records.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "sockeye", rename_all = "snake_case")]
enum Missed {
    Gap { missed: u64 },
}

/// A record with its place in the log.
#[derive(Debug, Serialize, JsonSchema)]
struct Placed {
    position: Position,
    /// As the hub has written it.
    #[schemars(with = "LogRecord")]
    event: Value,
}

/// Streams the program's own log: the last records first, or those behind `?position=`.
// A log tells more than strangers should know. Here only this machine reads it: `main` listens on 127.0.0.1, and pages of
// other origins are refused. On a public server write `guarded`, and put a login in front: see `existing-axum-app`.
#[ws_endpoint("/ws/logs", heartbeat_message, max_message_size = "1 KiB")]
async fn logs(
    handshake: Handshake<Json<Filter, Told>>,
    State(hub): State<Hub<LogRecord>>,
) -> sockeye::Result {
    let topic = hub.topic(LogStream::TOPIC);
    let mut feed = topic.subscribe_from(handshake.position().unwrap_or(Position::OLDEST));
    let mut socket = handshake.accept().await?;
    let mut filter = Filter::default();
    socket.send(established(&filter)).await?;
    if let Some(gap) = feed.gap() {
        socket.send(Told::Gap(gap)).await?;
    }
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(wanted) => {
                    socket.send(Told::Said(Said::FilterSet { filter: wanted.clone() })).await?;
                    // What is kept is looked through again.
                    feed = topic.subscribe_from(Position::OLDEST);
                    filter = wanted;
                }
                None => return Ok(()),
            },
            record = feed.next() => {
                let record = record?;
                // A gap that nobody sees is the worst thing a log can have.
                if record.missed() > 0 {
                    socket.send(Told::Missed(Missed::Gap { missed: record.missed() })).await?;
                }
                if let Some(record) = filter.wanted(&record) {
                    socket.send(record).await?;
                }
            }
        }
    }
}

fn established(filter: &Filter) -> Told {
    Told::Said(Said::ConnectionEstablished {
        endpoint: "/ws/logs",
        connected_to: "the log of the dashboard",
        filter: filter.clone(),
    })
}

impl Filter {
    /// The record with its position, if it is wanted.
    fn wanted(&self, event: &Event<LogRecord>) -> Option<Told> {
        let record: Value = serde_json::from_slice(event.message().as_bytes()).ok()?;
        let level = Level::deserialize(&record["level"]).ok()?;
        let target = record["target"].as_str()?;
        let is_wanted = level <= self.level && target.starts_with(&self.target);
        let position = event.position()?;
        is_wanted.then_some(Told::Record(Placed { position, event: record }))
    }
}
