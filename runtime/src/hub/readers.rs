//! Which tasks read a hub. A log stream leaves out what its own readers say: they would have to read that too.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::{self, Id};

/// The tasks that have waited for an event and still hold their feed, and how many feeds each holds.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    tasks: Mutex<HashMap<Id, usize>>,
}

impl Readers {
    /// Whether the code that calls runs in such a task.
    pub(crate) fn have_current_task(&self) -> bool {
        task::try_id().is_some_and(|id| self.tasks().contains_key(&id))
    }

    fn enter(&self, id: Id) {
        *self.tasks().entry(id).or_default() += 1;
    }

    fn leave(&self, id: Id) {
        let mut tasks = self.tasks();
        if let Some(feeds) = tasks.get_mut(&id) {
            *feeds -= 1;
            if *feeds == 0 {
                tasks.remove(&id);
            }
        }
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<Id, usize>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One feed among the readers.
#[derive(Debug)]
pub(super) struct Reader {
    readers: Option<Arc<Readers>>,
    task: Option<Id>,
}

impl Reader {
    pub(super) fn new(readers: Option<&Arc<Readers>>) -> Self {
        Self { readers: readers.cloned(), task: None }
    }

    /// Notes the task that reads just now; it may be another than before.
    pub(super) fn note(&mut self) {
        let Some(readers) = &self.readers else { return };
        let now = task::try_id();
        if now == self.task {
            return;
        }
        let before = std::mem::replace(&mut self.task, now);
        if let Some(id) = now {
            readers.enter(id);
        }
        if let Some(id) = before {
            readers.leave(id);
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let (Some(readers), Some(id)) = (&self.readers, self.task) {
            readers.leave(id);
        }
    }
}
