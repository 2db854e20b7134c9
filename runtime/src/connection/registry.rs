use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::Cell;

/// Every open connection, so that the server's end reaches each of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    seats: Arc<Mutex<Seats>>,
}

#[derive(Debug, Default)]
struct Seats {
    open: HashMap<u64, Arc<Cell>>,
    next: u64,
    stopping: bool,
}

/// A connection's place in the registry; leaving it is dropping it.
#[derive(Debug)]
pub(crate) struct Seat {
    registry: Registry,
    number: u64,
}

impl Registry {
    pub(crate) fn register(&self, cell: &Arc<Cell>) -> Seat {
        let mut seats = self.lock();
        let number = seats.next;
        seats.next += 1;
        seats.open.insert(number, Arc::clone(cell));
        let stopping = seats.stopping;
        drop(seats);
        if stopping {
            cell.stop();
        }
        Seat { registry: self.clone(), number }
    }

    /// Sends 1001 to every connection, those that register later included.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.all().iter().for_each(|cell| cell.stop());
    }

    /// Drops what is left of every connection.
    pub(crate) fn cut(&self) {
        self.all().iter().for_each(|cell| cell.cut());
    }

    fn all(&self) -> Vec<Arc<Cell>> {
        self.lock().open.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.registry.lock().open.remove(&self.number);
    }
}
