//! What the handler decides about its handshake, handed to the request that waits for it.

use std::{
    sync::{Mutex, PoisonError},
    task::Waker,
};

use http::HeaderMap;

use crate::refusal::Refusal;

/// The handler's answer to a handshake.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Accept, with these headers in the response.
    Accept(HeaderMap),
    /// Refuse.
    Refuse(Box<Refusal>),
}

/// The place where the one decision of a handshake is put.
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
    /// Puts the decision down and wakes the request.
    pub(crate) fn decide(&self, decision: Decision) {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        place.decision = Some(decision);
        if let Some(waker) = place.waiting.take() {
            waker.wake();
        }
    }

    /// Takes the decision, or leaves the waker to be woken when there is one.
    pub(crate) fn take(&self, waker: &Waker) -> Option<Decision> {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let decision = place.decision.take();
        if decision.is_none() {
            place.waiting = Some(waker.clone());
        }
        decision
    }
}
