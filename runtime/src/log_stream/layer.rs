use std::{cell::Cell, sync::atomic::Ordering};

use tracing::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, Scope},
};

use super::{
    LogRecord, LogStream,
    record::{Fields, SpanRecord},
};

/// Crates that log single reads and writes. Sending a record to a client makes them log.
const TRANSPORT: [&str; 8] =
    ["h2", "hyper", "hyper_util", "mio", "rustls", "tokio", "tokio_rustls", "tokio_websockets"];

thread_local! {
    /// A record is being created and published on this thread. Events in the meantime, from a field's `Debug` or from a
    /// backplane, are excluded.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

struct Busy;

impl Busy {
    fn begin() -> Option<Self> {
        (!BUSY.replace(true)).then_some(Self)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.set(false);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogStream {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().replace(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // Before the extensions are locked: a value's `Debug` may log, and each event reads them.
        let mut recorded = Fields::default();
        values.record(&mut recorded);
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            fields.extend(recorded);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        self.shared.heard.fetch_add(1, Ordering::Relaxed);
        if !self.shared.topic.is_heard() || self.leaves_out(event) {
            return;
        }
        let Some(_busy) = Busy::begin() else { return };
        let scope = context.event_scope(event).into_iter().flat_map(Scope::from_root);
        let spans = scope.map(|span| SpanRecord {
            name: span.name(),
            fields: span.extensions().get::<Fields>().map(Fields::values).unwrap_or_default(),
        });
        // A record contains nothing that cannot be encoded as JSON.
        let _ = self.shared.topic.publish(&LogRecord::new(event, spans.collect()));
    }
}

impl LogStream {
    fn leaves_out(&self, event: &Event<'_>) -> bool {
        let target = event.metadata().target();
        let root = target.split("::").next().unwrap_or(target);
        TRANSPORT.contains(&root) || self.shared.readers.have_current_task()
    }
}
