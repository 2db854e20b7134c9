//! Tracks the data in the pipes that a test has written and the server has not handled yet.

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

/// The direction from a client to the server.
#[derive(Debug)]
pub(super) struct Flow {
    peer: SocketAddr,
    written: AtomicU64,
    read: AtomicU64,
    /// The server has tried to read more after its last read. It does so when it has handled that data, or when it is an
    /// incomplete request.
    wants_more: AtomicBool,
}

/// The flows of all pipes with a server end.
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

/// The server's end of a flow. Data that is in the pipe when this is dropped will never be read.
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
    /// A flow without any data yet.
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

    /// A client whose data the server has not handled completely.
    pub(super) fn under_way(&self) -> Option<SocketAddr> {
        self.open().flows.values().find(|flow| flow.is_under_way()).map(|flow| flow.peer)
    }

    /// Completes at the server's next read, or when an end is dropped.
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
            // There may still be data in the pipe: the task has used up its budget.
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
