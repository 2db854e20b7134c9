use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tracing::Level;

use super::LogRecord;
use crate::Event;

/// Which records of a [`LogStream`](crate::LogStream) one client wants: a level and the beginning of the target. Needs the feature
/// `log-stream`.
///
/// A client sends it as JSON: `{"level":"WARN","target":"my_app::db"}`. Without a field, the default applies: `INFO`, and every
/// target. Another level, or another field, is an error (`invalid_message`).
///
/// ```no_run
/// use axum::extract::State;
/// use sockeye::{Handshake, Hub, Json, LogFilter, LogRecord, LogStream, ws_endpoint};
///
/// /// Shows the part of the log that the client asks for, again and again.
/// #[ws_endpoint("/ws/logs")]
/// async fn logs(
///     handshake: Handshake<Json<LogFilter, LogRecord>>,
///     State(hub): State<Hub<LogRecord>>,
/// ) -> sockeye::Result {
///     let mut feed = hub.topic(LogStream::TOPIC).subscribe();
///     let mut socket = handshake.accept().await?;
///     let mut filter = LogFilter::default();
///     loop {
///         tokio::select! {
///             message = socket.recv() => match message? {
///                 Some(wanted) => filter = wanted,
///                 None => return Ok(()),
///             },
///             record = feed.next() => {
///                 let record = record?;
///                 if filter.wants(&record) {
///                     socket.send(record).await?;
///                 }
///             }
///         }
///     }
/// }
/// ```
///
/// The records still pass through the layer's own filter first: a client cannot ask for more than the stream has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogFilter {
    level: Shown,
    target: String,
}

/// From the rarest to the most frequent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Shown {
    #[serde(alias = "error")]
    Error,
    #[serde(alias = "warn")]
    Warn,
    #[serde(alias = "info")]
    Info,
    #[serde(alias = "debug")]
    Debug,
    #[serde(alias = "trace")]
    Trace,
}

/// What a filter looks at in a record.
#[derive(Deserialize)]
struct Head<'r> {
    level: Shown,
    #[serde(borrow)]
    target: Cow<'r, str>,
}

impl LogFilter {
    /// Records of this level and of more important ones, of every target.
    ///
    /// ```
    /// use sockeye::LogFilter;
    /// use tracing::Level;
    ///
    /// let filter = LogFilter::new(Level::DEBUG).target("my_app::db");
    /// # let _ = filter;
    /// ```
    pub fn new(level: Level) -> Self {
        let level = match level {
            Level::ERROR => Shown::Error,
            Level::WARN => Shown::Warn,
            Level::INFO => Shown::Info,
            Level::DEBUG => Shown::Debug,
            _ => Shown::Trace,
        };
        Self { level, target: String::new() }
    }

    /// Only of targets that begin with this text, as in a directive of `EnvFilter`.
    #[must_use]
    pub fn target(self, prefix: impl Into<String>) -> Self {
        Self { target: prefix.into(), ..self }
    }

    /// Whether the client wants this record.
    pub fn wants(&self, record: &Event<LogRecord>) -> bool {
        // The hub has encoded it as JSON.
        serde_json::from_slice(record.message().as_bytes())
            .is_ok_and(|Head { level, target }| level <= self.level && target.starts_with(&self.target))
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self::new(Level::INFO)
    }
}
