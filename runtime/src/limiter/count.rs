use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::client::Client;

/// The number of open items, in total and for each client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count {
    tally: Arc<Mutex<Tally>>,
}

/// A number in total and for each client.
#[derive(Debug, Default)]
pub(super) struct Tally {
    total: usize,
    /// Only clients that have something open, so that the table cannot outgrow the total.
    by_client: HashMap<Client, usize>,
}

/// The limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) total: usize,
    pub(crate) per_client: usize,
}

impl Bounds {
    /// The limits for one more item of a client that is not identified yet.
    pub(super) fn and_one_more(self) -> Self {
        Self { total: self.total.saturating_add(1), per_client: self.per_client.saturating_add(1) }
    }
}

/// The limit that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    Total,
    Client(Client),
}

/// A counted item. Dropping it decrements the count.
#[derive(Debug)]
pub(crate) struct Slot {
    count: Count,
    /// Locked before the count, and never while the count is locked.
    client: Mutex<Option<Client>>,
}

impl Slot {
    /// From here on it counts only in the total.
    pub(crate) fn disown(&self) {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.count.lock().leave(client);
    }
}

impl Count {
    /// Adds one, if there is room. An unidentified client counts only in the total.
    pub(crate) fn enter(&self, client: Option<Client>, bounds: Bounds) -> Result<Slot, Full> {
        let mut tally = self.lock();
        if let Some(full) = tally.full(client, bounds) {
            return Err(full);
        }
        tally.add(client);
        drop(tally);
        Ok(Slot { count: self.clone(), client: Mutex::new(client) })
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    /// The limit that is reached. The client's own limit comes first, because the client can do something about it,
    /// unless it equals the total.
    pub(super) fn full(&self, client: Option<Client>, bounds: Bounds) -> Option<Full> {
        let is_full =
            |client: &Client| bounds.per_client < bounds.total && self.of(*client) >= bounds.per_client;
        if let Some(client) = client.filter(is_full) {
            return Some(Full::Client(client));
        }
        (self.total >= bounds.total).then_some(Full::Total)
    }

    fn of(&self, client: Client) -> usize {
        self.by_client.get(&client).copied().unwrap_or(0)
    }

    pub(super) fn add(&mut self, client: Option<Client>) {
        self.total += 1;
        if let Some(client) = client {
            *self.by_client.entry(client).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, client: Option<Client>) {
        self.total -= 1;
        self.leave(client);
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0 && self.by_client.is_empty()
    }

    fn leave(&mut self, client: Option<Client>) {
        let Some(client) = client else { return };
        if let Some(open) = self.by_client.get_mut(&client) {
            *open -= 1;
            if *open == 0 {
                self.by_client.remove(&client);
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let client = self.client.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        self.count.lock().remove(client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Client {
        Client::new(address.parse().expect("an address"))
    }

    #[test]
    fn both_bounds_hold_and_every_slot_comes_back() {
        let count = Count::default();
        let bounds = Bounds { total: 3, per_client: 2 };
        let (one, other) = (client("192.0.2.1"), client("192.0.2.2"));
        let held = [count.enter(Some(one), bounds).unwrap(), count.enter(Some(one), bounds).unwrap()];
        assert_eq!(count.enter(Some(one), bounds).unwrap_err(), Full::Client(one));
        let last = count.enter(Some(other), bounds).unwrap();
        assert_eq!(count.enter(Some(other), bounds).unwrap_err(), Full::Total);
        assert_eq!(count.enter(None, bounds).unwrap_err(), Full::Total);
        let [first, second] = held;
        first.disown();
        drop(second);
        let held = [count.enter(Some(one), bounds).unwrap(), first];
        assert_eq!(count.enter(Some(one), bounds).unwrap_err(), Full::Total);
        drop(held);
        drop(count.enter(None, bounds).unwrap());
        drop(last);
        let tally = count.lock();
        assert!(tally.is_empty(), "{tally:?}");
    }
}
