//! One request for a WebSocket on its way through the server.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Extensions, Uri};

use crate::endpoint::Registered;

/// The state of a request so far: the parts that it passes record it, and the observer reports it. It is in the
/// request's extensions.
#[derive(Debug)]
pub(crate) struct Sighting {
    /// The path that was used for routing, before any layer.
    uri: Uri,
    /// Locked only to read or write, never while anything else is called.
    noted: Mutex<Noted>,
}

/// A snapshot of the state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    /// The endpoint that the request was routed to.
    pub(super) endpoint: Option<&'static Registered>,
    /// Whether it has passed every layer.
    pub(super) has_passed_layers: bool,
    /// Whether it has reached the layers of the endpoint's group.
    pub(super) has_entered_group: bool,
    pub(super) fate: Fate,
    /// Whether the observer has a response or has been dropped. From then on an endpoint that loses the request reports
    /// it itself.
    is_closed: bool,
}

impl Noted {
    /// Whether it has passed every layer, and no endpoint has it: no endpoint has its path.
    pub(super) fn is_unrouted(&self) -> bool {
        self.has_passed_layers && !self.has_entered_group && self.fate == Fate::Elsewhere
    }
}

/// The progress of the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// No endpoint has the request.
    Elsewhere,
    /// An endpoint is deciding.
    Arrived,
    /// An endpoint has answered, and reported it.
    Answered,
    /// It was dropped before the endpoint had decided.
    Abandoned,
}

impl Sighting {
    pub(super) fn new(uri: Uri, endpoint: Option<&'static Registered>, has_layers: bool) -> Self {
        let noted = Noted {
            endpoint,
            has_passed_layers: !has_layers,
            has_entered_group: false,
            fate: Fate::Elsewhere,
            is_closed: false,
        };
        Self { uri, noted: Mutex::new(noted) }
    }

    /// The sighting of a request, which is removed from it.
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

    pub(super) fn entered_group(&self) {
        self.note(|noted| noted.has_entered_group = true);
    }

    /// A layer has moved it to another route.
    pub(super) fn rerouted(&self, endpoint: Option<&'static Registered>) {
        self.note(|noted| noted.endpoint = endpoint);
    }

    /// It has reached its endpoint.
    pub(crate) fn arrived(&self, endpoint: &'static Registered) {
        self.note(|noted| {
            noted.endpoint = Some(endpoint);
            noted.has_passed_layers = true;
            noted.fate = Fate::Arrived;
        });
    }

    /// The endpoint has answered, and reported it.
    pub(crate) fn answered(&self) {
        self.note(|noted| noted.fate = Fate::Answered);
    }

    /// The endpoint has lost it. Returns whether the observer reports that, which knows whether a layer answers instead.
    pub(crate) fn is_left_to_observer(&self) -> bool {
        self.note(|noted| {
            noted.fate = Fate::Abandoned;
            !noted.is_closed
        })
    }

    /// The observer has a response, or has been dropped.
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
