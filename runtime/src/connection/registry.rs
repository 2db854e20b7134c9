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

/// How many connections are told at once that the server is stopping.
const BATCH: usize = 256;
/// The time between two batches, when there is time.
const PAUSE: Duration = Duration::from_millis(50);

/// Every handler that runs, with its connection, so that the server's end reaches each of them and none is forgotten.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    seats: Arc<Mutex<Seats>>,
    vacated: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Seats {
    taken: BTreeMap<u64, (Present, Arc<Cell>)>,
    /// How many of them have an open connection, by route. Counted here, so that who asks for it need not go through all.
    open: HashMap<&'static str, usize>,
    stopping: bool,
}

/// A handler that runs, in words.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    endpoint: &'static Registered,
    peer: Option<SocketAddr>,
    stage: Stage,
    /// Its connection is over.
    over: bool,
}

/// How far a handler has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Undecided,
    Accepted,
    Refused,
}

/// A [`Registry`] for whoever must not keep it.
#[derive(Debug)]
pub(crate) struct WeakRegistry(Weak<Mutex<Seats>>);

/// A handler's place in the registry, from its call to its end; leaving it is dropping it.
#[derive(Debug)]
pub(crate) struct Seat {
    registry: Registry,
    /// What the watchdog knows it by, too.
    number: u64,
}

impl Registry {
    /// A place for a handler that is about to be called.
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

    /// Whatever is accepted from here on learns at once that the server is stopping.
    pub(crate) fn close(&self) {
        self.lock().stopping = true;
    }

    /// Sends 1001 to every connection, in batches that take up at most half of the time: clients that are all told at
    /// once come back all at once, wherever they come back to.
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

    /// Drops what is left of every connection.
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

    #[cfg(feature = "testing")]
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().taken.is_empty()
    }

    /// Ends when a handler ends from now on.
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
    /// Whether the server and all its handlers are gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }

    /// The handler with this place, if it is one of these.
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

impl Seats {
    fn vacate(&mut self, number: u64) -> Option<(Present, Arc<Cell>)> {
        self.over(number);
        self.taken.remove(&number)
    }

    /// The connection is over; its handler may go on.
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
    /// Runs code of the handler's, under the eyes of the watchdog.
    pub(crate) fn polled<T>(&self, poll: impl FnOnce() -> T) -> T {
        watchdog::polled(self.number, poll)
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The handler has accepted. If the server is stopping already, the connection learns of it.
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

    /// The connection is over; its handler may go on.
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
        // A cell may hold the last of what a handler left behind; that is dropped when nothing is locked.
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
