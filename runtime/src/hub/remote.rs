use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

use super::{Backplane, log};
use crate::Message;

/// A hub's side of its backplane.
#[derive(Default)]
pub(super) struct Remote {
    /// Set before anybody has the hub.
    backplane: OnceLock<Box<dyn Backplane>>,
    changes: Mutex<Changes>,
    /// How many events could not be handed over since one last could.
    unsent: AtomicU64,
    /// How often the connection has come or gone.
    outages: AtomicU64,
    state: watch::Sender<State>,
}

/// What a backplane says of its connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Connecting,
    Connected,
    Lost(String),
}

/// What the backplane has not been told yet, in order.
#[derive(Debug, Default)]
struct Changes {
    queue: VecDeque<Change>,
    /// Somebody is telling it.
    telling: bool,
}

#[derive(Debug)]
pub(super) enum Change {
    /// The topic got its first subscriber.
    Subscribe(Arc<str>),
    /// The topic lost its last one.
    Unsubscribe(Arc<str>),
}

impl Remote {
    pub(super) fn join(&self, backplane: Box<dyn Backplane>) {
        // It is called once; a second backplane would be dropped.
        let _ = self.backplane.set(backplane);
    }

    /// Hands an event over; `false` when it is lost for the other machines.
    pub(super) fn publish(&self, topic: &str, message: Message) -> bool {
        let Some(backplane) = self.backplane.get() else { return true };
        let handed_over = backplane.publish(topic, message);
        match &handed_over {
            Ok(()) => match self.unsent.swap(0, Ordering::Relaxed) {
                0 => {}
                unsent => log::sent_again(unsent),
            },
            Err(error) => {
                if self.unsent.fetch_add(1, Ordering::Relaxed) == 0 {
                    log::unsent(topic, &error.chain());
                }
            }
        }
        handed_over.is_ok()
    }

    pub(super) fn note(&self, change: Change) {
        self.changes().queue.push_back(change);
    }

    /// Tells the backplane what was noted: in order, one at a time, and under no lock, since it may call the hub. If
    /// somebody is at it already, they tell this too.
    pub(super) fn tell(&self) {
        let Some(backplane) = self.backplane.get() else { return };
        let Some(mut telling) = Telling::begin(self) else { return };
        while let Some(change) = telling.next() {
            match change {
                Change::Subscribe(topic) => backplane.subscribe(&topic),
                Change::Unsubscribe(topic) => backplane.unsubscribe(&topic),
            }
        }
    }

    pub(super) fn connected(&self) {
        if let State::Lost(_) = self.change(State::Connected) {
            log::found_again();
        }
    }

    pub(super) fn lost(&self, reason: String) {
        let words = reason.clone();
        if !matches!(self.change(State::Lost(reason)), State::Lost(_)) {
            log::lost(&words);
        }
    }

    /// Sets the state; gives the one before.
    fn change(&self, state: State) -> State {
        let before = self.state.send_replace(state);
        self.outages.fetch_add(1, Ordering::Relaxed);
        before
    }

    pub(super) fn outages(&self) -> u64 {
        self.outages.load(Ordering::Relaxed)
    }

    pub(super) fn state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to tell the backplane; one has it at a time. It goes back when the queue is empty, or in a panic.
struct Telling<'a>(Option<&'a Remote>);

impl<'a> Telling<'a> {
    fn begin(remote: &'a Remote) -> Option<Self> {
        let mut changes = remote.changes();
        (!std::mem::replace(&mut changes.telling, true)).then(|| Self(Some(remote)))
    }

    /// The next change. With the last one the right goes back in the same step: nothing that is noted is left lying.
    fn next(&mut self) -> Option<Change> {
        let mut changes = self.0?.changes();
        let change = changes.queue.pop_front();
        if change.is_none() {
            changes.telling = false;
            self.0 = None;
        }
        change
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        if let Some(remote) = self.0 {
            remote.changes().telling = false;
        }
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("state", &*self.state.borrow()).finish_non_exhaustive()
    }
}
