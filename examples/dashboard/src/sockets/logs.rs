use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sockeye::{Event, Gap, Handshake, Hub, Json, LogFilter, LogRecord, LogStream, Position, ws_endpoint};

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
        filter: LogFilter,
    },
    /// Everything that is kept comes again, as far as it fits.
    FilterSet {
        filter: LogFilter,
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
    handshake: Handshake<Json<LogFilter, Told>>,
    State(hub): State<Hub<LogRecord>>,
) -> sockeye::Result {
    let topic = hub.topic(LogStream::TOPIC);
    let mut feed = topic.subscribe_from(handshake.position().unwrap_or(Position::OLDEST));
    let mut socket = handshake.accept().await?;
    let mut filter = LogFilter::default();
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
                if filter.wants(&record)
                    && let Some(record) = placed(&record)
                {
                    socket.send(record).await?;
                }
            }
        }
    }
}

fn established(filter: &LogFilter) -> Told {
    Told::Said(Said::ConnectionEstablished {
        endpoint: "/ws/logs",
        connected_to: "the log of the dashboard",
        filter: filter.clone(),
    })
}

/// The record with its position.
fn placed(record: &Event<LogRecord>) -> Option<Told> {
    let event = serde_json::from_slice(record.message().as_bytes()).ok()?;
    Some(Told::Record(Placed { position: record.position()?, event }))
}
