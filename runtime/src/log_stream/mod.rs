//! The program's log as events of a hub.

mod filter;
mod layer;
mod ready;
mod record;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

pub use filter::LogFilter;
pub use record::{LogRecord, SpanRecord};

use tracing::Level;

use crate::{
    Hub, Topic,
    hub::{HubBuilder, Readers},
    log,
};

/// A `tracing_subscriber` layer that publishes [`LogRecord`]s to a [`Hub`], so that handlers can show the log
/// of the program. Needs the feature `log-stream`.
///
/// ```no_run
/// use axum::extract::State;
/// use sockeye::{Handshake, Hub, LogRecord, LogStream, Server, StartupError, ws_endpoint};
/// use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};
///
/// /// Shows the log.
/// #[ws_endpoint("/ws/logs")]
/// async fn logs(handshake: Handshake, State(hub): State<Hub<LogRecord>>) -> sockeye::Result {
///     let mut feed = hub.topic(LogStream::TOPIC).subscribe();
///     let mut socket = handshake.accept().await?;
///     loop {
///         tokio::select! {
///             message = socket.recv() => if message?.is_none() { return Ok(()) },
///             record = feed.next() => socket.send(record?).await?,
///         }
///     }
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), StartupError> {
///     let stream = LogStream::new();
///     tracing_subscriber::registry().with(stream.clone()).init();
///     Server::new().state(stream.hub()).ready("log stream", stream).serve("127.0.0.1:3000").await
/// }
/// ```
///
/// It is a [`Ready`](crate::Ready) component: a stream that was never added to the subscriber is
/// `component_not_ready` at startup, instead of a dashboard that stays empty.
///
/// - **It does not slow the program down.** While there is no subscriber, an event costs a map lookup; it is not even
///   formatted, unless the stream [keeps a history](HubBuilder::history). The fields of a span are formatted once, when it
///   begins: a subscriber may appear before it ends. Publishing never waits, and a dashboard that does not keep up loses the
///   oldest records.
/// - **It does not feed on itself.** The stream excludes events that are logged in a task that reads it, and events of
///   the transport about single reads and writes (`h2`, `hyper`, `mio` and similar crates, at any level): each record
///   that is sent would cause the next. Other layers still receive all of these. Outside of tasks, as in
///   `#[tokio::main]` itself, the events of the thread that reads the stream are excluded.
/// - **It stays in this process.** Code that carries events to other machines logs while it does so, in tasks that
///   cannot be distinguished from others, and each record would cause the next one there. A stream over a hub with a
///   [backplane](HubBuilder::backplane) does not use it, logs that as an error, and is not ready. For the logs of
///   several machines, use a log collector.
/// - **It is bounded.** A text in a record is at most 8 KiB long, and the hub's queue holds 1,000 records unless
///   [`LogStream::with`] sets another limit.
#[derive(Debug, Clone)]
pub struct LogStream {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    hub: Hub<LogRecord>,
    topic: Topic<LogRecord>,
    readers: Arc<Readers>,
    /// The number of events so far, published or not.
    heard: AtomicU64,
    /// It was given a backplane, which is not used.
    lacks_backplane: bool,
}

impl LogStream {
    /// The topic that the records are published to.
    pub const TOPIC: &str = "log";

    /// A stream with a hub of its own.
    pub fn new() -> Self {
        Self::with(Hub::builder())
    }

    /// A stream over a hub with these settings, which cannot have a backplane. In [`metrics`](crate::metrics) the hub's
    /// name is `log`, unless it has a name.
    ///
    /// ```
    /// use sockeye::{Hub, LogStream};
    ///
    /// let stream = LogStream::with(Hub::builder().queue(100));
    /// # let _ = stream;
    /// ```
    pub fn with(mut hub: HubBuilder<LogRecord>) -> Self {
        let lacks_backplane = hub.remove_backplane();
        if lacks_backplane {
            // Logged here for programs that do not check readiness. Usually there is no subscriber yet, so it goes to stderr.
            log::event!(Level::ERROR, "the log stream has no backplane", reason = ready::NO_BACKPLANE);
        }
        let readers = Arc::new(Readers::default());
        let hub = hub.or_name(Self::TOPIC).note_readers(Arc::clone(&readers)).build();
        let topic = hub.topic(Self::TOPIC);
        Self { shared: Arc::new(Shared { hub, topic, readers, heard: AtomicU64::new(0), lacks_backplane }) }
    }

    /// The hub, for [`Server::state`](crate::Server::state).
    pub fn hub(&self) -> Hub<LogRecord> {
        self.shared.hub.clone()
    }

    fn heard(&self) -> u64 {
        self.shared.heard.load(Ordering::Relaxed)
    }
}

impl Default for LogStream {
    fn default() -> Self {
        Self::new()
    }
}
