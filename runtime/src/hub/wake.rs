use std::{
    panic::{self, AssertUnwindSafe},
    task::Waker,
};

/// Wakes all of them. A waker that panics must not keep the others asleep: the panic is resumed when all are awake.
pub(super) fn wake_all(wakers: Vec<Waker>) {
    let mut fault = None;
    for waker in wakers {
        // A waker is consumed in any case, so no inconsistent state can be observed.
        if let Err(panic) = panic::catch_unwind(AssertUnwindSafe(|| waker.wake())) {
            fault.get_or_insert(panic);
        }
    }
    if let Some(fault) = fault {
        panic::resume_unwind(fault);
    }
}
