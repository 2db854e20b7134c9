//! Whether a server ends subscriptions of its own accord, as one does that gives its slots to another one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;

use crate::{failure::Failure, server::Server};

/// The channels that the server has been asked to unsubscribe from, and how often, until it has.
#[derive(Default)]
pub(crate) struct Leaving {
    asked: Mutex<HashMap<Vec<u8>, usize>>,
    unasked: Notify,
}

impl Leaving {
    pub(crate) fn ask(&self, channel: &str) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked.entry(channel.as_bytes().to_vec()).or_default() += 1;
    }

    /// The server has ended this subscription.
    pub(crate) fn left(&self, channel: &[u8]) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.get_mut(channel) {
            Some(1) => _ = asked.remove(channel),
            Some(times) => *times -= 1,
            None => self.unasked.notify_one(),
        }
    }

    /// Ends when the server has ended a subscription that it should have kept.
    pub(crate) async fn unasked(self: Arc<Self>, server: Server) -> Failure {
        self.unasked.notified().await;
        Failure::new(format!("{server} has ended a subscription: its part of the cluster has moved"))
    }
}
