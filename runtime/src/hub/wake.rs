use std::{
    panic::{self, AssertUnwindSafe},
    task::Waker,
};

/// Wakes all of them. A waker that panics is its owner's fault, and must not keep the others asleep: the panic goes on
/// when everybody is awake.
pub(super) fn wake_all(wakers: Vec<Waker>) {
    let mut fault = None;
    for waker in wakers {
        // A waker is consumed whatever it does, so nothing half done is left to be seen.
        if let Err(panic) = panic::catch_unwind(AssertUnwindSafe(|| waker.wake())) {
            fault.get_or_insert(panic);
        }
    }
    if let Some(fault) = fault {
        panic::resume_unwind(fault);
    }
}
