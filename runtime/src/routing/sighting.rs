//! One request that asks for a WebSocket, as it is passed on.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Extensions, Uri};

use crate::endpoint::Registered;

/// What has become of a request so far: noted by whoever it passes, told by the observer. It travels in the request's
/// extensions.
#[derive(Debug)]
pub(crate) struct Sighting {
    /// Where it was routed by, before any layer saw it.
    uri: Uri,
    /// Held for a look or a note, never while anything else is called.
    noted: Mutex<Noted>,
}

/// A snapshot of what is noted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    /// The endpoint whose route it was routed to.
    pub(super) endpoint: Option<&'static Registered>,
    /// Whether it has come through every layer.
    pub(super) has_passed_layers: bool,
    pub(super) fate: Fate,
    /// Whether the observer has an answer or is gone. From then on an endpoint that loses the request tells of it itself.
    is_closed: bool,
}

/// How far an endpoint has come with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// No endpoint has it.
    Elsewhere,
    /// An endpoint is about to decide it.
    Arrived,
    /// An endpoint has answered, and told of it.
    Answered,
    /// It was taken from the endpoint before that had decided.
    Abandoned,
}

impl Sighting {
    pub(super) fn new(uri: Uri, endpoint: Option<&'static Registered>, has_layers: bool) -> Self {
        let noted =
            Noted { endpoint, has_passed_layers: !has_layers, fate: Fate::Elsewhere, is_closed: false };
        Self { uri, noted: Mutex::new(noted) }
    }

    /// The sighting of a request, which from here on nobody else sees.
    pub(crate) fn take(extensions: &mut Extensions) -> Option<Arc<Self>> {
        extensions.remove()
    }

    pub(super) fn of(extensions: &Extensions) -> Option<&Arc<Self>> {
        extensions.get()
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(super) fn noted(&self) -> Noted {
        self.note(|noted| *noted)
    }

    pub(super) fn passed_layers(&self) {
        self.note(|noted| noted.has_passed_layers = true);
    }

    /// A layer has sent it to another route.
    pub(super) fn rerouted(&self, endpoint: Option<&'static Registered>) {
        self.note(|noted| noted.endpoint = endpoint);
    }

    /// It has come to its endpoint.
    pub(crate) fn arrived(&self, endpoint: &'static Registered) {
        self.note(|noted| {
            noted.endpoint = Some(endpoint);
            noted.has_passed_layers = true;
            noted.fate = Fate::Arrived;
        });
    }

    /// The endpoint has answered, and told of it.
    pub(crate) fn answered(&self) {
        self.note(|noted| noted.fate = Fate::Answered);
    }

    /// The endpoint has lost it. Says whether the observer tells of that, who knows whether a layer answers in its place.
    pub(crate) fn is_left_to_observer(&self) -> bool {
        self.note(|noted| {
            noted.fate = Fate::Abandoned;
            !noted.is_closed
        })
    }

    /// The observer has an answer, or is gone.
    pub(super) fn close(&self) -> Noted {
        self.note(|noted| {
            noted.is_closed = true;
            *noted
        })
    }

    fn note<T>(&self, note: impl FnOnce(&mut Noted) -> T) -> T {
        note(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
