//! Handlers that continue without a connection: counted separately from open connections, with the same limits.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    client::Client,
    count::{Bounds, Full, Tally},
};

/// A handler that continues without a connection.
pub(crate) trait Lingerer: fmt::Debug + Send + Sync {
    /// Drops the handler, to make room. Returns `false` if the handler knows that its connection has ended, and is left
    /// to finish.
    fn drop_early(&self) -> bool;
}

/// The handlers that continue without a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lingering {
    /// Locked only while this table is accessed: dropping a handler wakes its task.
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    tally: Tally,
    /// Every handler that has not ended, and whether it counts: one that is being dropped does not.
    counted: HashMap<u64, bool>,
    /// Those that have not been asked to end yet. The first is the oldest.
    unasked: BTreeMap<u64, Unasked>,
    /// The same for each client.
    unasked_of: BTreeSet<(Client, u64)>,
}

#[derive(Debug)]
struct Unasked {
    client: Option<Client>,
    lingerer: Arc<dyn Lingerer>,
}

/// A counted handler, until it ends.
#[derive(Debug)]
pub(super) struct Stay {
    lingering: Lingering,
    number: u64,
    client: Option<Client>,
}

impl Lingering {
    /// Adds one. There is room for it, because admission has made some.
    pub(super) fn enter(&self, client: Option<Client>, lingerer: Arc<dyn Lingerer>) -> Stay {
        let mut table = self.lock();
        table.next += 1;
        let number = table.next;
        table.tally.add(client);
        table.counted.insert(number, true);
        table.unasked.insert(number, Unasked { client, lingerer });
        table.unasked_of.extend(client.map(|client| (client, number)));
        drop(table);
        Stay { lingering: self.clone(), number, client }
    }

    /// Makes room, before one more is admitted: the oldest handlers that do not know about their end are dropped. If the client
    /// has too many, its own handlers are dropped.
    ///
    /// The new connection is counted among the open ones before this is called. So there are never more handlers than both limits
    /// together.
    pub(super) fn make_room(&self, client: Option<Client>, bounds: Bounds) -> Result<(), Full> {
        loop {
            let Some(full) = self.lock().tally.full(client, bounds) else { return Ok(()) };
            let Some((number, Unasked { client, lingerer })) = self.lock().take_oldest(full) else {
                return Err(full);
            };
            if !lingerer.drop_early() {
                self.lock().count_again(number, client);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Takes the oldest handler that can be asked to end, and stops counting it.
    fn take_oldest(&mut self, full: Full) -> Option<(u64, Unasked)> {
        let number = match full {
            Full::Total => *self.unasked.first_key_value()?.0,
            Full::Client(client) => self.unasked_of.range((client, 0)..=(client, u64::MAX)).next()?.1,
        };
        let oldest = self.forget(number)?;
        self.counted.insert(number, false);
        self.tally.remove(oldest.client);
        Some((number, oldest))
    }

    /// It stays, unless it has ended in the meantime.
    fn count_again(&mut self, number: u64, client: Option<Client>) {
        if let Some(counted) = self.counted.get_mut(&number) {
            *counted = true;
            self.tally.add(client);
        }
    }

    /// It can no longer be asked to end.
    fn forget(&mut self, number: u64) -> Option<Unasked> {
        let unasked = self.unasked.remove(&number)?;
        if let Some(client) = unasked.client {
            self.unasked_of.remove(&(client, number));
        }
        Some(unasked)
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut table = self.lingering.lock();
        if table.counted.remove(&self.number) == Some(true) {
            table.tally.remove(self.client);
        }
        let unasked = table.forget(self.number);
        drop(table);
        // It may hold the last reference to a connection, which is dropped when no lock is held.
        drop(unasked);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Knows of its end or not, and notes that it was asked to go.
    #[derive(Debug, Default)]
    struct Handler {
        knows: bool,
        asked: AtomicBool,
    }

    impl Lingerer for Handler {
        fn drop_early(&self) -> bool {
            self.asked.store(true, Ordering::Relaxed);
            !self.knows
        }
    }

    impl Handler {
        fn new(knows: bool) -> Arc<Self> {
            Arc::new(Self { knows, asked: AtomicBool::default() })
        }

        fn was_asked(&self) -> bool {
            self.asked.load(Ordering::Relaxed)
        }
    }

    const BOUNDS: Bounds = Bounds { total: 3, per_client: 2 };

    fn client(address: &str) -> Client {
        Client::new(address.parse().expect("an address"))
    }

    #[test]
    fn the_oldest_that_does_not_know_makes_room() {
        let lingering = Lingering::default();
        let handlers = [Handler::new(true), Handler::new(false), Handler::new(false)];
        let clients = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(client);
        let stays: Vec<_> = handlers
            .iter()
            .zip(clients)
            .map(|(one, client)| lingering.enter(Some(client), one.clone()))
            .collect();
        assert_eq!(lingering.make_room(Some(client("192.0.2.4")), BOUNDS), Ok(()));
        assert_eq!(handlers.each_ref().map(|one| one.was_asked()), [true, true, false]);
        assert_eq!(lingering.make_room(None, BOUNDS), Ok(()), "there is room now");
        assert!(!handlers[2].was_asked());
        drop(stays);
        let table = lingering.lock();
        assert!(table.counted.is_empty() && table.unasked_of.is_empty(), "{table:?}");
        assert!(table.unasked.is_empty() && table.tally.is_empty(), "{table:?}");
    }

    #[test]
    fn a_client_makes_room_with_its_own() {
        let lingering = Lingering::default();
        let [others, own] = ["192.0.2.1", "192.0.2.2"].map(client);
        let handlers = [Handler::new(false), Handler::new(true), Handler::new(false)];
        let _others = lingering.enter(Some(others), handlers[0].clone());
        let _own = [
            lingering.enter(Some(own), handlers[1].clone()),
            lingering.enter(Some(own), handlers[2].clone()),
        ];
        assert_eq!(lingering.make_room(Some(own), Bounds { total: 9, per_client: 2 }), Ok(()));
        assert_eq!(handlers.each_ref().map(|one| one.was_asked()), [false, true, true]);
        let _more = lingering.enter(Some(own), Handler::new(true));
        assert_eq!(
            lingering.make_room(Some(own), Bounds { total: 9, per_client: 2 }),
            Err(Full::Client(own))
        );
    }

    #[test]
    fn those_that_know_stay_until_they_end() {
        let lingering = Lingering::default();
        let mut stays: Vec<_> = (0..3).map(|_| lingering.enter(None, Handler::new(true))).collect();
        for _ in 0..2 {
            assert_eq!(lingering.make_room(None, BOUNDS), Err(Full::Total));
        }
        stays.pop();
        assert_eq!(lingering.make_room(None, BOUNDS), Ok(()));
    }
}
