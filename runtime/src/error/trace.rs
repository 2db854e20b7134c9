use std::{
    backtrace::{Backtrace, BacktraceStatus},
    sync::Arc,
};

/// Where an error was created or converted.
#[derive(Debug, Clone)]
pub(crate) struct Trace(Arc<Backtrace>);

impl Trace {
    /// `None`, which costs nothing, unless `RUST_BACKTRACE` or `RUST_LIB_BACKTRACE` asks for it.
    pub(super) fn capture() -> Option<Self> {
        let trace = Backtrace::capture();
        (trace.status() == BacktraceStatus::Captured).then(|| Self(Arc::new(trace)))
    }

    /// The frames, a line or two for each. Names are resolved only here, which takes milliseconds.
    pub(crate) fn frames(&self) -> String {
        self.0.to_string()
    }
}

impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Trace {}
