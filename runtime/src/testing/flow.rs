//! What is under way in the pipes: written by a test, and not yet taken up by the server.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    task::Poll,
};

use tokio::{
    sync::{Notify, futures::Notified},
    task::coop::has_budget_remaining,
};

/// What goes from a client to the server.
#[derive(Debug)]
pub(super) struct Flow {
    peer: SocketAddr,
    written: AtomicU64,
    read: AtomicU64,
    /// The server has looked for more than what it has read last. It does so when it has taken that up, or when that is no
    /// whole request yet.
    wants_more: AtomicBool,
}

/// The flows of all pipes that the server has an end of.
#[derive(Debug, Clone, Default)]
pub(super) struct Flows(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    open: Mutex<Open>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    flows: HashMap<u64, Arc<Flow>>,
    next: u64,
}

/// The server's side of a flow. What is in the pipe when this is dropped will never be read.
#[derive(Debug)]
pub(super) struct Tracked {
    flow: Arc<Flow>,
    flows: Flows,
    number: u64,
}

impl Flow {
    pub(super) fn wrote(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, SeqCst);
    }

    fn is_under_way(&self) -> bool {
        self.read.load(SeqCst) < self.written.load(SeqCst) || !self.wants_more.load(SeqCst)
    }
}

impl Flows {
    /// A flow in which nothing has been written.
    pub(super) fn add(&self, peer: SocketAddr) -> (Arc<Flow>, Tracked) {
        let (written, read) = (AtomicU64::new(0), AtomicU64::new(0));
        let flow = Arc::new(Flow { peer, written, read, wants_more: AtomicBool::new(true) });
        let mut open = self.open();
        let number = open.next;
        open.next += 1;
        open.flows.insert(number, Arc::clone(&flow));
        let tracked = Tracked { flow: Arc::clone(&flow), flows: self.clone(), number };
        (flow, tracked)
    }

    /// A client of which the server has not taken up everything.
    pub(super) fn under_way(&self) -> Option<SocketAddr> {
        self.open().flows.values().find(|flow| flow.is_under_way()).map(|flow| flow.peer)
    }

    /// Ends when the server has read something, or when an end is gone, from now on.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.0.changed.notified()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tracked {
    pub(super) fn note_read(&self, polled: &Poll<io::Result<()>>, bytes: usize) {
        match polled {
            Poll::Ready(Ok(())) if bytes > 0 => {
                self.flow.wants_more.store(false, SeqCst);
                self.flow.read.fetch_add(bytes as u64, SeqCst);
            }
            // The pipe may be full all the same: the task has used up its turn.
            Poll::Pending if !has_budget_remaining() => {}
            _ => {
                self.flow.wants_more.store(true, SeqCst);
                self.flows.0.changed.notify_waiters();
            }
        }
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.flows.open().flows.remove(&self.number);
        self.flows.0.changed.notify_waiters();
    }
}
