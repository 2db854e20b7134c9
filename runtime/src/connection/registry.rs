use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

#[cfg(feature = "testing")]
use tokio::sync::futures::Notified;
use tokio::{sync::Notify, time::sleep};

use super::Cell;
use crate::{endpoint::Registered, watchdog};

/// How many connections are notified at once that the server is stopping.
const BATCH: usize = 256;
/// The interval between two batches, if time allows.
const PAUSE: Duration = Duration::from_millis(50);

/// Every running handler with its connection, so that the server's shutdown reaches each of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    seats: Arc<Mutex<Seats>>,
    vacated: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Seats {
    taken: BTreeMap<u64, (Present, Arc<Cell>)>,
    /// The number of them that have an open connection, by route. Counted here, so that a query need not iterate over
    /// all.
    open: HashMap<&'static str, usize>,
    stopping: bool,
}

/// A running handler, as text.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    endpoint: &'static Registered,
    peer: Option<SocketAddr>,
    stage: Stage,
    /// Its connection is over.
    over: bool,
}

/// The phase of a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Undecided,
    Accepted,
    Refused,
}

/// A weak reference to a [`Registry`].
#[derive(Debug)]
pub(crate) struct WeakRegistry(Weak<Mutex<Seats>>);

/// A handler's entry in the registry, from its call to its end. Dropping it removes the entry.
#[derive(Debug)]
pub(crate) struct Seat {
    registry: Registry,
    /// Also its id in the watchdog.
    number: u64,
}

impl Registry {
    /// An entry for a handler that is about to be called.
    pub(crate) fn take(
        &self,
        endpoint: &'static Registered,
        peer: Option<SocketAddr>,
        cell: Arc<Cell>,
    ) -> Seat {
        let number = watchdog::subject();
        let mut seats = self.lock();
        let present = Present { endpoint, peer, stage: Stage::Undecided, over: false };
        seats.taken.insert(number, (present, cell));
        Seat { registry: self.clone(), number }
    }

    /// Every connection that is accepted from here on is immediately notified that the server is stopping.
    pub(crate) fn close(&self) {
        self.lock().stopping = true;
    }

    /// Sends 1001 to every connection, in batches that take at most half of the time: clients that are all notified at
    /// once would all reconnect at once.
    pub(crate) async fn stop(&self, time: Duration) {
        let cells = self.cells(|one| one.stage == Stage::Accepted);
        let batches = u32::try_from(cells.len().div_ceil(BATCH)).unwrap_or(u32::MAX).max(1);
        let pause = PAUSE.min(time / 2 / batches);
        for (n, batch) in cells.chunks(BATCH).enumerate() {
            if n > 0 {
                sleep(pause).await;
            }
            for cell in batch {
                cell.stop();
            }
        }
    }

    /// Drops the remaining connections.
    pub(crate) fn cut(&self) {
        for cell in self.cells(|_| true) {
            cell.cut();
        }
    }

    /// The handlers that run.
    pub(crate) fn present(&self) -> Vec<Present> {
        let seats = self.lock();
        let taken = seats.taken.values();
        taken.map(|(present, _)| present.clone()).collect()
    }

    pub(crate) fn downgrade(&self) -> WeakRegistry {
        WeakRegistry(Arc::downgrade(&self.seats))
    }

    /// How many connections are open, by route.
    pub(crate) fn open(&self) -> HashMap<&'static str, usize> {
        self.lock().open.clone()
    }

    /// Each of the last handlers that were called and still run, with its id and its connection; and how many run.
    #[cfg(feature = "console")]
    pub(crate) fn last(&self, most: usize) -> (Vec<(u64, Present, Arc<Cell>)>, usize) {
        let seats = self.lock();
        let last = seats.taken.iter().rev().take(most);
        let last = last.map(|(number, (present, cell))| (*number, present.clone(), Arc::clone(cell)));
        (last.collect(), seats.taken.len())
    }

    #[cfg(feature = "testing")]
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().taken.is_empty()
    }

    /// Completes when the next handler ends.
    #[cfg(feature = "testing")]
    pub(crate) fn vacated(&self) -> Notified<'_> {
        self.vacated.notified()
    }

    fn cells(&self, which: impl Fn(&Present) -> bool) -> Vec<Arc<Cell>> {
        let seats = self.lock();
        let chosen = seats.taken.values().filter(|(present, _)| which(present));
        chosen.map(|(_, cell)| Arc::clone(cell)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WeakRegistry {
    /// Whether the server and all its handlers have ended.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }

    /// The handler with this id, if it belongs to this server.
    pub(crate) fn present_at(&self, number: u64) -> Option<Present> {
        let seats = self.0.upgrade()?;
        let seats = seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.taken.get(&number).map(|(present, _)| present.clone())
    }
}

impl Present {
    pub(crate) fn endpoint(&self) -> &'static str {
        self.endpoint.name
    }

    pub(crate) fn route(&self) -> &'static str {
        self.endpoint.route
    }

    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }
}

#[cfg(feature = "console")]
impl Present {
    /// The phase in one word.
    pub(crate) fn stage(&self) -> &'static str {
        match self.stage {
            Stage::Undecided => "deciding",
            Stage::Accepted if self.over => "lingering",
            Stage::Accepted => "open",
            Stage::Refused => "refused",
        }
    }
}

impl Seats {
    fn vacate(&mut self, number: u64) -> Option<(Present, Arc<Cell>)> {
        self.over(number);
        self.taken.remove(&number)
    }

    /// The connection is over; its handler may continue.
    fn over(&mut self, number: u64) {
        let Some((present, _)) = self.taken.get_mut(&number) else { return };
        let was_over = std::mem::replace(&mut present.over, true);
        if present.stage == Stage::Accepted
            && !was_over
            && let Some(open) = self.open.get_mut(present.endpoint.route)
        {
            *open -= 1;
        }
    }
}

impl Seat {
    /// Runs the handler's code under the watchdog.
    pub(crate) fn polled<T>(&self, poll: impl FnOnce() -> T) -> T {
        watchdog::polled(self.number, poll)
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The handler has accepted. If the server is already stopping, the connection is notified.
    pub(super) fn accepted(&self) {
        let mut guard = self.registry.lock();
        let seats = &mut *guard;
        let Some((present, cell)) = seats.taken.get_mut(&self.number) else { return };
        present.stage = Stage::Accepted;
        *seats.open.entry(present.endpoint.route).or_default() += 1;
        let cell = seats.stopping.then(|| Arc::clone(cell));
        drop(guard);
        if let Some(cell) = cell {
            cell.stop();
        }
    }

    /// The connection is over; its handler may continue.
    pub(super) fn over(&self) {
        self.registry.lock().over(self.number);
    }

    /// The handler still runs after its refusal.
    pub(crate) fn refused(&self) {
        if let Some((present, _)) = self.registry.lock().taken.get_mut(&self.number) {
            present.stage = Stage::Refused;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let left = self.registry.lock().vacate(self.number);
        // A cell may hold the last values that a handler left behind; they are dropped when no lock is held.
        drop(left);
        self.registry.vacated.notify_waiters();
    }
}

impl fmt::Display for Present {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Undecided => "has not answered the handshake",
            Stage::Accepted if self.over => "still runs after its connection ended",
            Stage::Accepted => "is connected",
            Stage::Refused => "still runs after its refusal",
        };
        match self.peer {
            Some(peer) => write!(f, "`{}` for {peer} {stage}", self.endpoint.name),
            None => write!(f, "`{}` {stage}", self.endpoint.name),
        }
    }
}
