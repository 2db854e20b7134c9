//! What the server says through `tracing`.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Mutex, Once, PoisonError},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

static LOG: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// One event of Sockeye's.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its level.
    pub level: Level,
    /// Its fields, the message included.
    pub fields: BTreeMap<&'static str, String>,
}

impl Line {
    /// The field of that name; empty if there is none.
    pub fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }
}

/// Begins to listen; later calls change nothing.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(Recorder).init());
}

/// Begins to listen without writing anything down, so that nothing goes to stderr.
pub fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().init());
}

/// Every event with this value in this field, so far. Each is as loud as the table of rules says.
///
/// # Panics
/// When one is not.
pub fn with(field: &str, value: &str) -> Vec<Line> {
    let lines: Vec<Line> = {
        let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().filter(|line| line.get(field) == value).cloned().collect()
    };
    lines.iter().for_each(is_as_loud_as_its_rule);
    lines
}

fn is_as_loud_as_its_rule(line: &Line) {
    let Some(sockeye_rules::Level::Event(level)) =
        sockeye_rules::find(line.get("rule")).map(|rule| rule.level)
    else {
        return;
    };
    // What is said again and again is turned down.
    if line.level == Level::DEBUG {
        return;
    }
    let level = if line.get("status") == "500" { "ERROR" } else { level.name() };
    assert_eq!(line.level.as_str(), level, "{line:?}");
}

/// The closing event of the connection from this peer, and proof that it is the only one.
///
/// # Panics
/// When it does not come.
pub async fn closing_of(peer: &str) -> Line {
    let mut lines = Vec::new();
    for _ in 0..2000 {
        lines = with("peer", peer);
        lines.retain(|line| line.get("message") == "connection closed");
        if !lines.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(lines.len(), 1, "closing events of {peer}: {lines:?}");
    lines.remove(0)
}

struct Recorder;

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "sockeye" {
            return;
        }
        let mut line = Line { level: *event.metadata().level(), fields: BTreeMap::new() };
        event.record(&mut line);
        LOG.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }
}
