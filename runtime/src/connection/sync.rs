//! The locks of a connection, and the current task: those of std and tokio, or those of `shuttle` in this crate's unit tests,
//! so that `model.rs` runs the same code as real connections.

#[cfg(not(test))]
pub(super) use real::*;
#[cfg(test)]
pub(super) use shuttled::*;

#[cfg(not(test))]
mod real {
    pub(in crate::connection) use std::sync::{Mutex, MutexGuard};

    pub(in crate::connection) use tokio::task::{Id as TaskId, try_id as current_task};
}

#[cfg(test)]
#[allow(clippy::unnecessary_wraps, reason = "it has the type of the function that it stands for")]
mod shuttled {
    pub(in crate::connection) use shuttle::{
        current::TaskId,
        sync::{Mutex, MutexGuard},
    };

    pub(in crate::connection) fn current_task() -> Option<TaskId> {
        Some(shuttle::current::me())
    }
}
