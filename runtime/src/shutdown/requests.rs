//! What is being answered: by the whole server, and by each HTTP connection.

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

    /// Ends when one is answered from now on.
    pub(crate) fn answered(&self) -> Notified<'_> {
        self.0.answered.notified()
    }
}

/// What one HTTP connection is busy with. Relaxed, as each counter is a fact for itself; the notification comes after the change.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// How many requests are being answered, and how many WebSockets of HTTP/2 are open.
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

    /// A request has come. One that comes after the last call is answered, but does not keep its connection.
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

    /// Ends when it becomes busy, or has nothing more to do.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }
}

/// Something that a connection is busy with, until it is dropped.
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
