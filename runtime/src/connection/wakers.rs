//! Who waits for a connection, and what is done for them once its lock is released.

use std::task::Waker;

use slab::Slab;

/// How many wakers' room is kept when nobody waits any more.
const KEPT: usize = 8;

/// What happens when the lock is released.
///
/// To wake, clone or drop a waker is to run code of somebody else's executor, which may use the very connection. So none of it
/// happens under the lock: wakers are moved in here, and this is moved out before the lock is released.
#[derive(Debug, Default)]
pub(super) struct Later {
    owner: Option<Waker>,
    /// The first of those to be woken: mostly there is one, and then nothing is allocated.
    first: Option<Waker>,
    /// Rarely anything; apart, so that there is little to move each time the lock is released.
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

    /// All that is to be done.
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

/// Those who wait for the same thing. Each is found again by its [`Spot`], whatever their number.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    /// The owner's own task waits, which polls the handler again by itself: no waker of it is kept.
    own: bool,
    others: Slab<Waker>,
    /// How often all were woken: a spot of an earlier time is no more.
    epoch: u64,
}

/// Where a waker is kept, until all are woken.
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

    /// Lets go of a waker, unless it has been woken.
    pub(super) fn remove(&mut self, spot: Spot) -> Option<Waker> {
        let waker = if spot.epoch == self.epoch { self.others.try_remove(spot.key) } else { None };
        self.shrink();
        waker
    }

    /// Wakes all. Says whether the owner's own task is among them, which is awake and need only look again.
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
