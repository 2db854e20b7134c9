//! The state that a connection's owner and its handles share.
//!
//! The owner (`owner.rs`) is the task that polls the handler and drives the stream; the handles are what the handler
//! holds (`handle.rs`). Between two polls of the owner nothing but this cell connects them.
//!
//! There are two locks, so that foreign code never runs while another task waits for a lock:
//!
//! - `state` can be waited for by any task, and is held only briefly, while no foreign code runs (`state.rs`).
//! - `wire` is the stream, where foreign code runs. Only the owner's task locks it, during the owner's poll: either the owner drives
//!   the stream, or its handler reads from it. So it is free whenever it is requested. The exception is foreign code that runs in
//!   there and uses the same connection again; it does not wait for the lock.

use std::{
    ops::{Deref, DerefMut},
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock, PoisonError, TryLockError},
    time::{Duration, SystemTime},
};

use futures_util::FutureExt as _;
use tokio::time::Instant;

use super::{
    calls::Calls,
    end::End,
    open_calls::OpenCalls,
    shared::WeakShared,
    state::{Progress, State},
    sync::{Mutex, MutexGuard},
    tasks::Tasks,
    wakers::Later,
    wire::Wire,
};
use crate::{
    CloseCode, Codec, Message,
    compression::Agreed,
    console::Tally,
    limiter::{Lingerer, Pace, Place},
    limits::finite,
    log::Words,
    metrics::{self, RunningTask, Traffic},
    mounted::{Mounted, Settings},
    panic,
};

/// A connection, shared between its owner and its handles.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(super) settings: Settings,
    route: &'static str,
    traffic: Traffic,
    /// What the console shows of it.
    tally: Tally,
    state: Mutex<State>,
    wire: Mutex<Wire>,
    tasks: Tasks,
    /// The calls of the server, since the first one.
    pub(super) calls: OnceLock<Box<Calls>>,
    /// The calls of the client.
    pub(super) open_calls: OpenCalls,
    /// The heartbeat message. Written once, before the connection opens.
    heartbeat_message: OnceLock<Box<Message>>,
    /// How messages are compressed, if the handshake has agreed on it.
    compressed: OnceLock<Agreed>,
    /// Who is connected. Written at most once, before the connection is accepted.
    identity: OnceLock<Arc<str>>,
}

/// The state while it is locked.
///
/// The fields are dropped in this order: the lock is released first, then the deferred work runs.
pub(super) struct Locked<'a> {
    state: MutexGuard<'a, State>,
    later: Option<Later>,
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for Locked<'_> {
    #[inline]
    fn drop(&mut self) {
        // Usually there is nothing to do, and the lock is released many times per message.
        if !self.state.later.is_empty() {
            self.later = Some(self.state.later.take());
        }
    }
}

impl Cell {
    pub(crate) fn new(endpoint: &Mounted) -> Self {
        let route = endpoint.registered.route;
        let tally = endpoint.lifecycle.flood.tap().tally(route);
        Self { tally, ..Self::of(route, endpoint.settings.clone()) }
    }

    #[cfg(feature = "console")]
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Counts a message from the client.
    pub(super) fn received(&self, bytes: usize) {
        self.traffic.received(bytes);
        self.tally.received(bytes);
    }

    /// Counts a message that the codec could not read.
    pub(super) fn undecodable(&self) {
        metrics::undecodable(self.route);
    }

    /// Counts a message to the client.
    pub(super) fn sent(&self, bytes: usize) {
        self.traffic.sent(bytes);
        self.tally.sent(bytes);
    }

    pub(super) fn of(route: &'static str, settings: Settings) -> Self {
        let pace = settings.limits.max_message_rate.and_then(Pace::new);
        Self {
            route,
            traffic: Traffic::new(route),
            tally: Tally::default(),
            state: Mutex::new(State::new(&settings.limits)),
            wire: Mutex::new(Wire::new(pace)),
            tasks: Tasks::default(),
            calls: OnceLock::new(),
            open_calls: OpenCalls::default(),
            heartbeat_message: OnceLock::new(),
            compressed: OnceLock::new(),
            identity: OnceLock::new(),
            settings,
        }
    }

    pub(super) fn lock(&self) -> Locked<'_> {
        Locked { state: self.state.lock().unwrap_or_else(PoisonError::into_inner), later: None }
    }

    /// The stream, unless a caller further up the stack is using it. Never waits.
    pub(super) fn wire(&self) -> Option<MutexGuard<'_, Wire>> {
        match self.wire.try_lock() {
            Ok(wire) => Some(wire),
            Err(TryLockError::Poisoned(wire)) => Some(wire.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Records how this codec writes the heartbeat message of a connection with this subprotocol, if there is one.
    pub(crate) fn speak<C: Codec>(&self, subprotocol: Option<&str>) {
        let Some(format) = C::format_for(subprotocol) else { return };
        if let Some(message) = self.settings.heartbeat_message.and_then(format.about.heartbeat_message) {
            // A connection is accepted only once.
            let _ = self.heartbeat_message.set(Box::new(message));
        }
    }

    /// Records how messages are compressed.
    pub(crate) fn compress(&self, agreed: Agreed) {
        // A connection is accepted only once.
        let _ = self.compressed.set(agreed);
    }

    pub(super) fn compressed(&self) -> Option<Agreed> {
        self.compressed.get().copied()
    }

    /// The heartbeat message, and the time of silence after which it is sent.
    pub(super) fn heartbeat_message(&self) -> Option<(Duration, &Message)> {
        Some((self.settings.heartbeat_message?, self.heartbeat_message.get()?))
    }

    /// Records who is connected.
    pub(crate) fn identify(&self, identity: Arc<str>) {
        // A connection is accepted only once.
        let _ = self.identity.set(identity);
    }

    /// Who is connected, if the handler has told.
    pub(crate) fn identity(&self) -> Option<&Arc<str>> {
        self.identity.get()
    }

    pub(crate) fn progress(&self) -> Progress {
        self.lock().progress()
    }

    /// Ends the session at this time of the system's clock, which is read now: a later change of that clock changes nothing.
    pub(crate) fn expire_at(&self, at: SystemTime) {
        let left = at.duration_since(SystemTime::now()).unwrap_or_default();
        self.lock().expire_at(Instant::now() + finite(left));
    }

    /// Closes the connection on behalf of the program, outside of its handler. Returns whether it was not closing before.
    pub(crate) fn close(&self, code: CloseCode, reason: String) -> bool {
        let mut state = self.lock();
        let is_first = state.closing.end.is_none();
        state.finish_from_outside(End::ProgramClosed(code, reason));
        is_first
    }

    /// A task that ends with the connection. If it panics, the connection ends with it.
    /// Takes the share of a handle in this connection.
    pub(super) fn spawn(&self, cell: WeakShared, task: impl Future<Output = ()> + Send + 'static) {
        let running = RunningTask::new(self.route);
        self.tasks.spawn(AssertUnwindSafe(task).catch_unwind().map(move |ended| {
            drop(running);
            if let (Err(panic), Some(cell)) = (ended, cell.upgrade()) {
                let words = Words::own("a task of the handler panicked: ");
                cell.lock().panicked(words.then_foreign(panic::words(&*panic)));
            }
        }));
    }

    /// Ends the connection because the server is stopping.
    pub(crate) fn stop(&self) {
        self.lock().finish_from_outside(End::Stopping);
    }

    /// Ends everything now: the time to drain is over.
    pub(crate) fn cut(&self) {
        let mut state = self.lock();
        state.closing.cut = true;
        state.finish_from_outside(End::Cut);
    }

    pub(super) async fn end_tasks(&self) {
        self.tasks.end().await;
    }

    /// Ends the connection for all remaining handles, because no task drives it any more. Returns the cause of the end
    /// (this one, if there was none) and the time of the end.
    pub(super) fn abandon(&self, end: End) -> (Arc<End>, Instant) {
        self.tasks.cancel();
        let mut state = self.lock();
        state.finish(end);
        let (over_at, unsent) = state.abandon();
        let end = state.closing.end.clone();
        drop(state);
        if let Some(mut wire) = self.wire() {
            wire.close(unsent);
            self.note_panic(&mut wire);
        }
        (end.unwrap_or_else(|| Arc::new(End::Dropped)), over_at)
    }

    /// Makes a payload's panic the cause of the end, or keeps it alongside an earlier cause. Returns whether there was one.
    pub(super) fn note_panic(&self, wire: &mut Wire) -> bool {
        let Some(words) = wire.take_panic() else { return false };
        self.lock().panicked(words);
        true
    }
}

impl Lingerer for Cell {
    fn drop_early(&self) -> bool {
        self.lock().drop_early()
    }
}

/// Held by the part that is responsible for a connection: first the request, then the owner. When it is dropped, the
/// connection is over.
#[derive(Debug)]
pub(crate) struct Kept {
    cell: Arc<Cell>,
    /// Its place among the server's connections, and then among the lingering handlers.
    place: Place,
    route: &'static str,
    lingering: Option<metrics::Lingering>,
}

impl Kept {
    pub(crate) fn new(endpoint: &Mounted, place: Place) -> Self {
        let route = endpoint.registered.route;
        Self { cell: Arc::new(Cell::new(endpoint)), place, route, lingering: None }
    }

    /// The connection is over. Its handler may continue.
    pub(super) fn over(&mut self, handler_goes_on: bool) {
        if handler_goes_on {
            self.linger(self.share());
        } else {
            self.place.give_back();
        }
    }

    /// A handler continues without a connection, and can be dropped to make room for others.
    pub(crate) fn linger(&mut self, handler: Arc<dyn Lingerer>) {
        self.place.linger(handler);
        self.lingering = Some(metrics::Lingering::new(self.route));
    }

    pub(crate) fn share(&self) -> Arc<Cell> {
        Arc::clone(&self.cell)
    }

    pub(super) fn cell(&self) -> &Cell {
        &self.cell
    }

    pub(super) fn abandon(&self, end: End) -> (Arc<End>, Instant) {
        self.cell.abandon(end)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.cell.abandon(End::Lost("the handshake was not completed".to_owned()));
    }
}
