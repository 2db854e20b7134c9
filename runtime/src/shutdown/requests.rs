//! The requests in progress: of the whole server, and of each HTTP connection.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::sync::{Notify, futures::Notified};

/// How many requests the whole server is busy with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Requests(Arc<Answering>);

#[derive(Debug, Default)]
struct Answering {
    number: AtomicUsize,
    answered: Notify,
}

impl Requests {
    fn begin(&self) {
        self.0.number.fetch_add(1, Ordering::SeqCst);
    }

    fn end(&self) {
        self.0.number.fetch_sub(1, Ordering::SeqCst);
        self.0.answered.notify_waiters();
    }
}

#[cfg(feature = "testing")]
impl Requests {
    pub(crate) fn number(&self) -> usize {
        self.0.number.load(Ordering::SeqCst)
    }

    /// Completes when the next response is finished.
    pub(crate) fn answered(&self) -> Notified<'_> {
        self.0.answered.notified()
    }
}

/// The activity of one HTTP connection. Relaxed, since each counter is independent; the notification comes after the change.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// The number of requests in progress, and of open WebSockets over HTTP/2.
    busy: AtomicUsize,
    /// How many WebSockets of HTTP/2 are open.
    sockets: AtomicUsize,
    changed: Notify,
    requests: Requests,
}

impl Work {
    pub(crate) fn new(requests: Requests) -> Self {
        Self { requests, ..Self::default() }
    }

    /// A request has arrived. One that arrives after the last call is answered, but does not keep its connection alive.
    pub(crate) fn begin(self: &Arc<Self>, keeps_connection: bool) -> Arc<Busy> {
        self.requests.begin();
        if keeps_connection {
            self.busy.fetch_add(1, Ordering::Relaxed);
            self.changed.notify_one();
        }
        Arc::new(Busy { work: Arc::clone(self), keeps_connection, is_socket: AtomicBool::new(false) })
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn has_sockets(&self) -> bool {
        self.sockets.load(Ordering::Relaxed) > 0
    }

    /// Completes when it becomes busy, or is finished.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }
}

/// An activity of a connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct Busy {
    work: Arc<Work>,
    keeps_connection: bool,
    /// It carries a WebSocket.
    is_socket: AtomicBool,
}

impl Busy {
    /// From now on it is a WebSocket that the connection is busy with.
    pub(crate) fn carry_socket(&self) {
        if !self.is_socket.swap(true, Ordering::Relaxed) {
            self.work.sockets.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if *self.is_socket.get_mut() {
            self.work.sockets.fetch_sub(1, Ordering::Relaxed);
        }
        if self.keeps_connection && self.work.busy.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.work.changed.notify_one();
        }
        self.work.requests.end();
    }
}
