use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, SystemTime},
};

#[cfg(feature = "testing")]
use tokio::sync::futures::Notified;
use tokio::{
    sync::{Notify, broadcast},
    time::sleep,
};

use super::Cell;
use crate::{
    connections::{Connection, ConnectionChange},
    endpoint::Registered,
    handshake::Caller,
    metrics::RunningHandler,
    watchdog,
};

/// How many connections are notified at once that the server is stopping.
const BATCH: usize = 256;
/// The interval between two batches, if time allows.
const PAUSE: Duration = Duration::from_millis(50);
/// How many changes wait for a slow reader.
const CHANGES: usize = 1024;

/// Every running handler with its connection, so that the server's shutdown reaches each of them, and the program knows them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    seats: Mutex<Seats>,
    vacated: Notify,
}

#[derive(Debug, Default)]
struct Seats {
    taken: BTreeMap<u64, (Present, Arc<Cell>)>,
    /// The number of them that have an open connection, by route. Counted here, so that a query need not iterate over
    /// all.
    open: HashMap<&'static str, usize>,
    /// Those with an open connection that has an identity.
    identified: HashMap<Arc<str>, BTreeSet<u64>>,
    /// Where it is announced that a connection opens or closes, once the program has asked.
    changes: Option<broadcast::Sender<ConnectionChange>>,
    stopping: bool,
}

/// A running handler, as text.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    endpoint: &'static Registered,
    peer: Option<SocketAddr>,
    client: Option<IpAddr>,
    stage: Stage,
    /// Its connection is over.
    over: bool,
    /// When it accepted, or was called.
    since: SystemTime,
}

/// A handler with its number and its connection.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) id: u64,
    pub(crate) present: Present,
    pub(crate) cell: Arc<Cell>,
}

/// That a connection has opened or closed. It is sent when the lock is released, since that wakes tasks.
#[must_use]
struct Announcement {
    changes: broadcast::Sender<ConnectionChange>,
    about: Listed,
}

impl Announcement {
    fn send(self, change: fn(Connection) -> ConnectionChange) {
        // An error means that the last reader has left in the meantime.
        let _ = self.changes.send(change(Connection::new(&self.about)));
    }
}

/// The phase of a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Undecided,
    Accepted,
    Refused,
}

/// A weak reference to a [`Registry`].
#[derive(Debug, Clone)]
pub(crate) struct WeakRegistry(Weak<Shared>);

/// A handler's entry in the registry, from its call to its end. Dropping it removes the entry.
#[derive(Debug)]
pub(crate) struct Seat {
    registry: Registry,
    /// Also its id in the watchdog.
    number: u64,
    _running: RunningHandler,
}

impl Registry {
    /// An entry for a handler that is about to be called.
    pub(crate) fn take(&self, endpoint: &'static Registered, caller: &Caller, cell: Arc<Cell>) -> Seat {
        let (number, peer) = (caller.number, caller.peer);
        let client = caller.client.or_else(|| peer.map(|peer| peer.ip().to_canonical()));
        let since = SystemTime::now();
        let present = Present { endpoint, peer, client, stage: Stage::Undecided, over: false, since };
        self.lock().taken.insert(number, (present, cell));
        Seat { registry: self.clone(), number, _running: RunningHandler::new(endpoint.route) }
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
        WeakRegistry(Arc::downgrade(&self.shared))
    }

    /// The open connections, in the order of their numbers.
    pub(crate) fn listed(&self) -> Vec<Listed> {
        let seats = self.lock();
        seats.taken.keys().filter_map(|number| seats.listed(*number)).collect()
    }

    /// Those with this identity.
    pub(crate) fn listed_of(&self, identity: &str) -> Vec<Listed> {
        let seats = self.lock();
        let numbers = seats.identified.get(identity).into_iter().flatten();
        numbers.filter_map(|number| seats.listed(*number)).collect()
    }

    /// The one with this number, if it is open.
    pub(crate) fn listed_at(&self, number: u64) -> Option<Listed> {
        self.lock().listed(number)
    }

    /// The connections that open and close from now on.
    pub(crate) fn changes(&self) -> broadcast::Receiver<ConnectionChange> {
        let mut seats = self.lock();
        seats.changes.get_or_insert_with(|| broadcast::Sender::new(CHANGES)).subscribe()
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
        self.shared.vacated.notified()
    }

    fn cells(&self, which: impl Fn(&Present) -> bool) -> Vec<Arc<Cell>> {
        let seats = self.lock();
        let chosen = seats.taken.values().filter(|(present, _)| which(present));
        chosen.map(|(_, cell)| Arc::clone(cell)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.shared.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WeakRegistry {
    /// `None` if the server and all its handlers have ended.
    pub(crate) fn upgrade(&self) -> Option<Registry> {
        self.0.upgrade().map(|shared| Registry { shared })
    }

    /// Whether the server and all its handlers have ended.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }

    /// The handler with this id, if it belongs to this server.
    pub(crate) fn present_at(&self, number: u64) -> Option<Present> {
        let registry = self.upgrade()?;
        let seats = registry.lock();
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

    pub(crate) fn client(&self) -> Option<IpAddr> {
        self.client
    }

    pub(crate) fn since(&self) -> SystemTime {
        self.since
    }

    fn is_open(&self) -> bool {
        self.stage == Stage::Accepted && !self.over
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
    fn listed(&self, number: u64) -> Option<Listed> {
        let (present, cell) = self.taken.get(&number).filter(|(present, _)| present.is_open())?;
        Some(Listed { id: number, present: present.clone(), cell: Arc::clone(cell) })
    }

    /// What to announce about a connection that is open, if anyone listens.
    fn announcement(&self, number: u64) -> Option<Announcement> {
        let changes = self.changes.as_ref().filter(|changes| changes.receiver_count() > 0)?;
        Some(Announcement { changes: changes.clone(), about: self.listed(number)? })
    }

    fn accepted(&mut self, number: u64) {
        let Some((present, cell)) = self.taken.get_mut(&number) else { return };
        (present.stage, present.since) = (Stage::Accepted, SystemTime::now());
        *self.open.entry(present.endpoint.route).or_default() += 1;
        if let Some(identity) = cell.identity() {
            self.identified.entry(Arc::clone(identity)).or_default().insert(number);
        }
    }

    /// The connection is over; its handler may continue.
    fn over(&mut self, number: u64) -> Option<Announcement> {
        let announcement = self.announcement(number);
        let (present, cell) = self.taken.get_mut(&number)?;
        let was_open = present.is_open();
        present.over = true;
        if was_open {
            if let Some(open) = self.open.get_mut(present.endpoint.route) {
                *open -= 1;
            }
            if let Some(identity) = cell.identity()
                && let Some(numbers) = self.identified.get_mut(identity)
            {
                numbers.remove(&number);
                if numbers.is_empty() {
                    self.identified.remove(identity);
                }
            }
        }
        announcement
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
        let mut seats = self.registry.lock();
        seats.accepted(self.number);
        let announcement = seats.announcement(self.number);
        let stopped = if seats.stopping { seats.listed(self.number) } else { None };
        drop(seats);
        if let Some(announcement) = announcement {
            announcement.send(ConnectionChange::Opened);
        }
        if let Some(stopped) = stopped {
            stopped.cell.stop();
        }
    }

    /// The connection is over; its handler may continue.
    pub(super) fn over(&self) {
        let announcement = self.registry.lock().over(self.number);
        if let Some(announcement) = announcement {
            announcement.send(ConnectionChange::Closed);
        }
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
        self.over();
        let left = self.registry.lock().taken.remove(&self.number);
        // A cell may hold the last values that a handler left behind; they are dropped when no lock is held.
        drop(left);
        self.registry.shared.vacated.notify_waiters();
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
