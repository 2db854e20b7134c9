//! The watchdog thread, one per process. It ends with the last server.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use tracing::Level;

use super::{Ending, Watchdog, Watched, slots};
use crate::{log::event, shutdown::Lifecycle};

/// The interval between two checks.
pub(super) const TICK: Duration = Duration::from_millis(100);

static WATCH: Mutex<Watch> = Mutex::new(Watch { servers: Vec::new(), is_running: false });

struct Watch {
    servers: Vec<Watched>,
    /// There is a thread, which checks `servers` once more before it ends. Set and cleared under the lock.
    is_running: bool,
}

/// Dropped when the server's future has ended.
#[must_use]
pub(crate) struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        // No ordering needed: it is checked again with every tick.
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Watches the handlers of a server until none is left. Call it within the server's runtime and subscriber.
pub(crate) fn watch(lifecycle: &Lifecycle, watchdog: Watchdog, ending: Option<Ending>) -> Guard {
    let returned = Arc::new(AtomicBool::new(false));
    let Some(bound) = watchdog.bound else { return Guard(returned) };
    let listens = ending.is_some();
    let ending = ending.filter(|_| watchdog.ends_process);
    let mut watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
    watch.servers.push(Watched::new(lifecycle, bound, ending, listens, Arc::clone(&returned)));
    if !watch.is_running {
        let spawned = thread::Builder::new().name("sockeye-watchdog".to_owned()).spawn(run);
        watch.is_running = spawned.is_ok();
        drop(watch);
        if let Err(error) = spawned {
            event!(Level::WARN, "cannot start the watchdog for blocked threads", error = error.to_string());
        }
    }
    Guard(returned)
}

fn run() {
    loop {
        thread::sleep(TICK);
        let now = slots::tick();
        let mut watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
        for server in &mut watch.servers {
            server.look(now);
        }
        // After the look, which notices what outlives its server.
        watch.servers.retain(|server| !server.is_gone());
        if watch.servers.is_empty() {
            watch.is_running = false;
            return;
        }
    }
}
