//! Where the server leaves what the console shows. Without a console there is no recorder, and nothing is kept.

use std::sync::Arc;

use super::{
    Ending, Failure,
    recorder::{Counts, Recorder, Traffic, now},
};

/// The recorder, if there is a console.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tap(Option<Arc<Recorder>>);

impl Tap {
    /// Records these endpoints.
    pub(crate) fn on(routes: impl Iterator<Item = &'static str>) -> Self {
        Self(Some(Arc::new(Recorder::new(routes))))
    }

    pub(super) fn recorder(&self) -> Option<&Recorder> {
        self.0.as_deref()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn accepted(&self, route: &'static str) {
        if let Some(recorder) = &self.0 {
            recorder.accepted(route);
        }
    }

    pub(crate) fn refused(&self, failure: &Failure<'_>) {
        if let Some(recorder) = &self.0 {
            recorder.refused(failure);
        }
    }

    pub(crate) fn closed(&self, ending: &Ending<'_>) {
        if let Some(recorder) = &self.0 {
            recorder.closed(ending);
        }
    }

    /// The counts of a new connection.
    pub(crate) fn tally(&self, route: &'static str) -> Tally {
        let counts = self.0.as_ref().and_then(|recorder| recorder.counts(route)).cloned();
        Tally(counts.map(|of_route| Box::new(Own { since: now(), traffic: Traffic::default(), of_route })))
    }
}

/// What one connection counts, for itself and for its endpoint.
#[derive(Debug, Default)]
pub(crate) struct Tally(Option<Box<Own>>);

#[derive(Debug)]
pub(super) struct Own {
    /// The time of the handshake, in milliseconds since 1970.
    pub(super) since: u64,
    pub(super) traffic: Traffic,
    of_route: Arc<Counts>,
}

impl Tally {
    pub(super) fn own(&self) -> Option<&Own> {
        self.0.as_deref()
    }

    pub(crate) fn received(&self, bytes: usize) {
        if let Some(own) = &self.0 {
            own.traffic.received(bytes);
            own.of_route.traffic.received(bytes);
        }
    }

    pub(crate) fn sent(&self, bytes: usize) {
        if let Some(own) = &self.0 {
            own.traffic.sent(bytes);
            own.of_route.traffic.sent(bytes);
        }
    }
}
