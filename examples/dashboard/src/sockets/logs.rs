use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockeye::{Event, Handshake, Hub, Json, LogRecord, LogStream, Position, ws_endpoint};

/// Which records a client wants. It may send another one at any time.
#[derive(Debug, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Streams the program's own log: the last records first, or those behind `?position=`.
// A log tells more than strangers should know. Here only this machine reads it: `main` listens on 127.0.0.1, and pages of
// other origins are refused. On a public server write `guarded`, and put a login in front: see `existing-axum-app`.
#[ws_endpoint("/ws/logs", heartbeat_message, max_message_size = "1 KiB")]
async fn logs(
    handshake: Handshake<Json<Filter, Value>>,
    State(hub): State<Hub<LogRecord>>,
) -> sockeye::Result {
    let topic = hub.topic(LogStream::TOPIC);
    let mut feed = topic.subscribe_from(handshake.position().unwrap_or(Position::OLDEST));
    let mut socket = handshake.accept().await?;
    let mut filter = Filter::default();
    socket.send(established(&filter)).await?;
    if let Some(gap) = feed.gap() {
        socket.send(json!(gap)).await?;
    }
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(wanted) => {
                    socket.send(json!({ "type": "filter_set", "filter": &wanted })).await?;
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
                    socket.send(json!({ "sockeye": "gap", "missed": record.missed() })).await?;
                }
                if let Some(record) = filter.wanted(&record) {
                    socket.send(record).await?;
                }
            }
        }
    }
}

fn established(filter: &Filter) -> Value {
    json!({
        "type": "connection_established",
        "endpoint": "/ws/logs",
        "connected_to": "the log of the dashboard",
        "filter": filter,
    })
}

impl Filter {
    /// The record with its position, if it is wanted.
    fn wanted(&self, event: &Event<LogRecord>) -> Option<Value> {
        let record: Value = serde_json::from_slice(event.message().as_bytes()).ok()?;
        let level = Level::deserialize(&record["level"]).ok()?;
        let target = record["target"].as_str()?;
        let is_wanted = level <= self.level && target.starts_with(&self.target);
        is_wanted.then(|| json!({ "position": event.position(), "event": record }))
    }
}
