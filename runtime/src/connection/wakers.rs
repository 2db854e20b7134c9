//! The tasks that wait for a connection, and the work that is deferred until its lock is released.

use std::task::Waker;

use slab::Slab;

/// The capacity for wakers that is kept when no task waits any more.
const KEPT: usize = 8;

/// Work that runs when the lock is released.
///
/// Waking, cloning or dropping a waker runs the code of another executor, which may use the same connection. So none of it
/// happens under the lock: wakers are moved in here, and this is moved out before the lock is released.
#[derive(Debug, Default)]
pub(super) struct Later {
    owner: Option<Waker>,
    /// The first waker to wake: usually there is only one, and nothing is allocated.
    first: Option<Waker>,
    /// Rarely used, and boxed, so that little is moved each time the lock is released.
    rest: Option<Box<Rest>>,
}

#[derive(Debug, Default)]
struct Rest {
    woken: Vec<Waker>,
    dropped: Vec<Waker>,
}

impl Later {
    pub(super) fn wake_owner(&mut self, owner: Waker) {
        self.owner = Some(owner);
    }

    fn wake(&mut self, waker: Waker) {
        if self.first.is_none() {
            self.first = Some(waker);
        } else {
            self.rest.get_or_insert_default().woken.push(waker);
        }
    }

    pub(super) fn drop_waker(&mut self, waker: Waker) {
        self.rest.get_or_insert_default().dropped.push(waker);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.owner.is_none() && self.first.is_none() && self.rest.is_none()
    }

    /// Runs all deferred work.
    pub(super) fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        self.owner.take().into_iter().chain(self.first.take()).for_each(Waker::wake);
        if let Some(rest) = self.rest.take() {
            rest.woken.into_iter().for_each(Waker::wake);
        }
    }
}

/// The tasks that wait for the same thing. Each is found by its [`Spot`] in constant time.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    /// The owner's own task waits, and polls the handler again anyway: none of its wakers is stored.
    own: bool,
    others: Slab<Waker>,
    /// How often all were woken: a spot from an earlier time is no longer valid.
    epoch: u64,
}

/// The place of a stored waker, until all are woken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    epoch: u64,
    key: usize,
}

impl Waiters {
    pub(super) fn add_own(&mut self) {
        self.own = true;
    }

    pub(super) fn add(&mut self, waker: Waker) -> Spot {
        Spot { epoch: self.epoch, key: self.others.insert(waker) }
    }

    pub(super) fn get_mut(&mut self, spot: Spot) -> Option<&mut Waker> {
        if spot.epoch == self.epoch { self.others.get_mut(spot.key) } else { None }
    }

    /// Removes a waker, unless it has been woken.
    pub(super) fn remove(&mut self, spot: Spot) -> Option<Waker> {
        let waker = if spot.epoch == self.epoch { self.others.try_remove(spot.key) } else { None };
        self.shrink();
        waker
    }

    /// Wakes all. Returns whether the owner's own task is among them, which is awake and only has to look again.
    pub(super) fn wake(&mut self, later: &mut Later) -> bool {
        if !self.others.is_empty() {
            self.epoch += 1;
            self.others.drain().for_each(|waker| later.wake(waker));
            self.shrink();
        }
        std::mem::take(&mut self.own)
    }

    fn shrink(&mut self) {
        if self.others.is_empty() && self.others.capacity() > KEPT {
            self.others = Slab::new();
        }
    }
}
