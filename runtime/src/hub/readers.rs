//! The tasks that read a hub. A log stream excludes what its own readers log: they would have to read that too.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

use tokio::task::{self, Id};

/// The map keeps this capacity.
const KEPT: usize = 64;

/// A reader. A future outside of any task is driven by its thread, such as the one of `#[tokio::main]`; it stays on that
/// thread, and everything else that this thread runs is in tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Task(Id),
    Thread(ThreadId),
}

impl Who {
    fn now() -> Self {
        task::try_id().map_or_else(|| Self::Thread(thread::current().id()), Self::Task)
    }
}

/// The tasks that have waited for an event and still hold their feed, with the number of feeds that each holds.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    tasks: Mutex<HashMap<Who, usize>>,
}

impl Readers {
    /// Whether the caller runs in such a task.
    pub(crate) fn have_current_task(&self) -> bool {
        let tasks = self.tasks();
        !tasks.is_empty() && tasks.contains_key(&Who::now())
    }

    fn enter(&self, who: Who) {
        *self.tasks().entry(who).or_default() += 1;
    }

    fn leave(&self, who: Who) {
        let mut tasks = self.tasks();
        if let Some(feeds) = tasks.get_mut(&who) {
            *feeds -= 1;
            if *feeds == 0 {
                tasks.remove(&who);
                if tasks.capacity() > KEPT && tasks.len() < tasks.capacity() / 8 {
                    let room = tasks.len() * 2;
                    tasks.shrink_to(room);
                }
            }
        }
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<Who, usize>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One feed of a reader.
#[derive(Debug)]
pub(super) struct Reader {
    readers: Option<Arc<Readers>>,
    task: Option<Who>,
}

impl Reader {
    pub(super) fn new(readers: Option<&Arc<Readers>>) -> Self {
        Self { readers: readers.cloned(), task: None }
    }

    /// Records the current task as the reader, which may have changed.
    pub(super) fn note(&mut self) {
        let Some(readers) = &self.readers else { return };
        let now = Who::now();
        if self.task == Some(now) {
            return;
        }
        readers.enter(now);
        if let Some(before) = self.task.replace(now) {
            readers.leave(before);
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let (Some(readers), Some(who)) = (&self.readers, self.task) {
            readers.leave(who);
        }
    }
}
