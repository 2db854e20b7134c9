//! Processes many files in parallel.
//!
//! Not `rayon`: its threads can have a stack of this size, but there a thread that cannot be started is an error, and here the others do its work.

use std::{
    iter,
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    thread::{self, Builder, ScopedJoinHandle},
};

/// Parsers call themselves for nested code. `nesting` limits the depth to what fits in this stack, with room to spare: a
/// test of the command checks that with a debug build, whose frames are the largest. Memory is used only as far as it is
/// needed.
const STACK: usize = 256 * 1024 * 1024;

/// More threads would wait for the disk, and each has a stack.
const MOST_THREADS: usize = 16;

/// The results of `work`, in the order of the input. Each thread has a state of its own.
pub(super) fn each<T: Sync, S: Default, R: Send>(
    items: &[T],
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Result<Vec<R>, String> {
    let next = AtomicUsize::new(0);
    let take = || -> Vec<(usize, R)> {
        let mut state = S::default();
        let index = || next.fetch_add(1, Ordering::Relaxed);
        iter::from_fn(|| Some(index()).filter(|&index| index < items.len()))
            .map(|index| (index, work(&mut state, &items[index])))
            .collect()
    };
    let mut done = in_threads(threads(items.len()), &take)?;
    if done.len() != items.len() {
        return Err("cannot start a thread".to_owned());
    }
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// Runs work that parses, and waits for it.
pub(super) fn alone<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, String> {
    thread::scope(|scope| {
        let thread = Builder::new().name("check".to_owned()).stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| format!("no thread could be started: {error}"))?;
        thread.join().map_err(|_| "a thread panicked".to_owned())
    })
}

/// A single thread is enough to finish the work.
fn in_threads<R: Send>(number: usize, take: &(impl Fn() -> Vec<R> + Sync)) -> Result<Vec<R>, String> {
    thread::scope(|scope| {
        let start = || Builder::new().name("check".to_owned()).stack_size(STACK).spawn_scoped(scope, take);
        let threads: Vec<_> = (0..number).map_while(|_| start().ok()).collect();
        let done = threads.into_iter().map(ScopedJoinHandle::join).collect::<Result<Vec<_>, _>>();
        done.map_err(|_| "a thread panicked".to_owned()).map(|parts| parts.into_iter().flatten().collect())
    })
}

fn threads(items: usize) -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    processors.min(MOST_THREADS).min(items)
}
