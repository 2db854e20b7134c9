use std::{
    fmt::{self, Write as _},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use tracing::{
    Event, Level,
    field::{Field, Visit},
};

/// How many bytes of a text are kept.
const LONGEST: usize = 8 * 1024;

/// One event of the program's log.
///
/// As JSON: `{"time":1763726400000,"level":"WARN","target":"app::db","message":"slow query","fields":{"ms":812},"spans":[{"name":"request",
/// "fields":{"id":7}}]}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LogRecord {
    /// Milliseconds since the beginning of 1970 (UTC), as JavaScript's `Date` takes them.
    pub time: u64,
    /// The level; `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE` in JSON.
    #[serde(serialize_with = "level")]
    pub level: Level,
    /// The target: the path of the module, unless the event sets another one.
    pub target: String,
    /// The message.
    pub message: String,
    /// The event's other fields.
    pub fields: Map<String, Value>,
    /// The spans around the event, from the outermost to the innermost.
    pub spans: Vec<SpanRecord>,
}

/// A span around an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SpanRecord {
    /// Name of the span.
    pub name: &'static str,
    /// Its fields, including those that were recorded later.
    pub fields: Map<String, Value>,
}

impl LogRecord {
    pub(super) fn new(event: &Event<'_>, spans: Vec<SpanRecord>) -> Self {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let target = fields.target_of_log().unwrap_or_else(|| metadata.target().to_owned());
        Self {
            time: now(),
            level: *metadata.level(),
            target,
            message: fields.message,
            fields: fields.values,
            spans,
        }
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
fn level<S: Serializer>(level: &Level, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(level.as_str())
}

/// Collects the fields of an event or a span.
#[derive(Debug, Default)]
pub(super) struct Fields {
    message: String,
    values: Map<String, Value>,
}

impl Fields {
    pub(super) fn values(&self) -> Map<String, Value> {
        self.values.clone()
    }

    /// Adds these, and replaces those of the same name.
    pub(super) fn extend(&mut self, newer: Self) {
        self.values.extend(newer.values);
        if !newer.message.is_empty() {
            self.message = newer.message;
        }
    }

    /// The original target of an event of the crate `log` that was converted to `tracing`. Removes the other fields of
    /// that conversion.
    fn target_of_log(&mut self) -> Option<String> {
        let target = self.values.remove("log.target")?;
        self.values.retain(|name, _| !name.starts_with("log."));
        target.as_str().map(str::to_owned)
    }

    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.values.insert(field.name().to_owned(), value.into());
    }

    fn put_text(&mut self, field: &Field, text: fmt::Arguments<'_>) {
        let text = bounded(text);
        if field.name() == "message" {
            self.message = text;
        } else {
            self.put(field, text);
        }
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put_text(field, format_args!("{value:?}"));
    }
}

/// The text, cut at a character boundary at the maximum length. The rest is not even formatted.
fn bounded(text: fmt::Arguments<'_>) -> String {
    let mut bounded = Bounded(String::new());
    match bounded.write_fmt(text) {
        Ok(()) => bounded.0,
        Err(fmt::Error) => bounded.0 + "…",
    }
}

struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LONGEST - self.0.len();
        let fitting = &text[..text.floor_char_boundary(room)];
        self.0.push_str(fitting);
        if fitting.len() == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
