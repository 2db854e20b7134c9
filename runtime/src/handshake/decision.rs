//! The handler's decision about its handshake, passed to the request that waits for it.

use std::{
    sync::{Mutex, PoisonError},
    task::Waker,
};

use http::HeaderMap;

use crate::refusal::Refusal;

/// The handler's decision.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Accept, with these headers in the response.
    Accept(HeaderMap),
    /// Refuse.
    Refuse(Box<Refusal>),
}

/// Holds the one decision of a handshake.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    place: Mutex<Place>,
}

#[derive(Debug, Default)]
struct Place {
    decision: Option<Decision>,
    waiting: Option<Waker>,
}

impl Decisions {
    /// Stores the decision and wakes the request.
    pub(crate) fn decide(&self, decision: Decision) {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        place.decision = Some(decision);
        if let Some(waker) = place.waiting.take() {
            waker.wake();
        }
    }

    /// Takes the decision, or registers the waker.
    pub(crate) fn take(&self, waker: &Waker) -> Option<Decision> {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let decision = place.decision.take();
        if decision.is_none() {
            place.waiting = Some(waker.clone());
        }
        decision
    }
}
