//! A server that is watched: which of its handlers block, and whether they keep it from stopping.

use std::{
    future::pending,
    io::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use sockeye_rules::BLOCKED_THREAD;
use tokio::runtime::{Handle, RuntimeMetrics};
use tokio_util::sync::CancellationToken;
use tracing::{Dispatch, Level, dispatcher, subscriber::NoSubscriber};

use super::{
    slots::{self, Held},
    thread::TICK,
};
use crate::{
    connection::{Present, WeakRegistry},
    log::{event, nobody_listens},
    metrics,
    shutdown::{LAST_WORDS, Lifecycle, signal_came},
};

/// How much later than promised a server may stop before the process is ended.
const MARGIN: Duration = Duration::from_secs(1);

/// After how many ticks of one poll another worker is woken.
const SOON: u64 = 2;

/// The promised shutdown of a server with its own listener.
pub(crate) struct Ending {
    /// The notice and the time to drain.
    pub(crate) limit: Duration,
    /// Whether signals stop it.
    pub(crate) on_signals: bool,
}

pub(crate) struct Watched {
    registry: WeakRegistry,
    /// Cancelled when the server is told to stop, if the runtime still runs that code.
    told: CancellationToken,
    bound: Duration,
    workers: Option<Workers>,
    dispatch: Dispatch,
    ending: Option<Ending>,
    /// The tick in which the shutdown was noticed.
    asked: Option<u64>,
    /// Whether its future has ended.
    returned: Arc<AtomicBool>,
    /// Blocked handlers that are already logged and still block.
    reported: Vec<Held>,
}

impl Watched {
    pub(super) fn new(
        lifecycle: &Lifecycle,
        bound: Duration,
        ending: Option<Ending>,
        returned: Arc<AtomicBool>,
    ) -> Self {
        Self {
            registry: lifecycle.connections.downgrade(),
            told: lifecycle.told(),
            bound,
            workers: Handle::try_current().ok().map(Workers::new),
            dispatch: dispatcher::get_default(Clone::clone),
            ending,
            asked: None,
            returned,
            reported: Vec::new(),
        }
    }

    /// Whether nothing is left that could block.
    pub(super) fn is_gone(&self) -> bool {
        self.registry.is_gone()
    }

    pub(super) fn look(&mut self, now: u64) {
        if let Some(workers) = &mut self.workers {
            workers.look(now);
        }
        self.help_others(now);
        self.report(now);
        self.end_if_overdue(now);
    }

    /// Wakes a worker while a handler blocks another. In tokio one worker waits for network and timers on behalf of all; if that one is blocked,
    /// the others keep sleeping although they could take over.
    fn help_others(&self, now: u64) {
        let Some(workers) = self.workers.as_ref().filter(|workers| workers.seen.len() > 1) else { return };
        let held = slots::held_since(now.saturating_sub(SOON));
        if held
            .iter()
            .any(|one| workers.is_stuck_since(one.since) && self.registry.present_at(one.subject).is_some())
        {
            drop(workers.runtime.spawn(async {}));
        }
    }

    /// Logs each handler that blocks its thread, once.
    fn report(&mut self, now: u64) {
        let held = slots::held_since(now.saturating_sub(ticks(self.bound)));
        self.reported.retain(|one| held.contains(one));
        for one in held {
            let Some(present) = self.registry.present_at(one.subject) else { continue };
            if self.reported.contains(&one) || !self.keeps_a_worker(one) {
                continue;
            }
            self.reported.push(one);
            let bound = self.bound;
            drop(say(&self.dispatch, move || blocked(&present, bound)));
        }
    }

    /// Whether a worker of the runtime has been busy with this alone. With `block_in_place` it is not: the handler's thread has passed
    /// its work on.
    fn keeps_a_worker(&self, held: Held) -> bool {
        self.workers.as_ref().is_none_or(|workers| workers.is_stuck_since(held.since))
    }

    /// Ends the process when the server should have ended, but a handler blocks.
    fn end_if_overdue(&mut self, now: u64) {
        let Some(ending) = &self.ending else { return };
        let is_asked = || self.told.is_cancelled() || (ending.on_signals && signal_came());
        if self.asked.is_none() && is_asked() {
            self.asked = Some(now);
        }
        let limit = ending.limit;
        let time = ticks(limit.saturating_add(LAST_WORDS).saturating_add(MARGIN));
        if self.asked.is_none_or(|asked| now < asked.saturating_add(time)) || self.program_goes_on() {
            return;
        }
        let held = slots::held_since(now.saturating_sub(ticks(self.bound.min(MARGIN))));
        let Some(present) = held.iter().find_map(|one| self.registry.present_at(one.subject)) else { return };
        end_process(&self.dispatch, &present, limit);
    }

    /// Whether the server has ended, but its runtime is not being dropped: the program may be cleaning up.
    fn program_goes_on(&self) -> bool {
        self.returned.load(Ordering::Relaxed)
            && self.workers.as_ref().is_none_or(|workers| !is_shut_down(&workers.runtime))
    }
}

/// Whether the runtime is being dropped, which waits for blocked threads. It accepts no tasks any more then.
fn is_shut_down(runtime: &Handle) -> bool {
    let task = runtime.spawn(pending::<()>());
    let is_refused = task.is_finished();
    task.abort();
    is_refused
}

/// When each worker of a runtime last parked or unparked.
struct Workers {
    runtime: Handle,
    metrics: RuntimeMetrics,
    /// How often it has done so, and the first tick with this count.
    seen: Vec<(u64, u64)>,
}

impl Workers {
    fn new(runtime: Handle) -> Self {
        let metrics = runtime.metrics();
        let now = slots::now();
        let seen = (0..metrics.num_workers()).map(|n| (metrics.worker_park_unpark_count(n), now)).collect();
        Self { runtime, metrics, seen }
    }

    fn look(&mut self, now: u64) {
        for (n, seen) in self.seen.iter_mut().enumerate() {
            let count = self.metrics.worker_park_unpark_count(n);
            if count != seen.0 {
                *seen = (count, now);
            }
        }
    }

    /// Whether a worker is awake and has not parked since. The count of an awake worker is even.
    fn is_stuck_since(&self, tick: u64) -> bool {
        // It may have unparked in the tick in which the poll began, which is noticed in the next one.
        self.seen.iter().any(|(count, since)| count % 2 == 0 && *since <= tick.saturating_add(1))
    }
}

/// Rounded up.
fn ticks(time: Duration) -> u64 {
    time.as_millis().div_ceil(TICK.as_millis()).max(1).try_into().unwrap_or(u64::MAX)
}

/// Logs on a separate thread: a subscriber may wait for something that the blocked thread holds. The receiver completes when it is
/// logged.
fn say(dispatch: &Dispatch, words: impl FnOnce() + Send + 'static) -> Receiver<()> {
    let (done, said) = channel::<()>();
    let dispatch = dispatch.clone();
    let spawned = thread::Builder::new().name("sockeye-watchdog".to_owned()).spawn(move || {
        let _done = done;
        if dispatch.is::<NoSubscriber>() {
            // The program may have installed one since.
            words();
        } else {
            dispatcher::with_default(&dispatch, words);
        }
    });
    // Without a thread nothing is logged, and the watchdog continues.
    drop(spawned);
    said
}

fn blocked(present: &Present, bound: Duration) {
    metrics::blocked_thread(present.route());
    event!(
        Level::ERROR,
        "a handler blocks a thread of the runtime",
        endpoint = present.endpoint(),
        rule = BLOCKED_THREAD.name,
        reason = format!(
            "the handler has blocked its thread for {bound:?} between two `.await`s; no other task can run on that thread"
        ),
        remedy = REMEDY,
        peer = present.peer(),
    );
}

const REMEDY: &str = "move the work to `tokio::task::spawn_blocking` and await it, or use the async version of the blocking call";

/// Writes one line to the log and one to standard error, and ends the process.
fn end_process(dispatch: &Dispatch, present: &Present, limit: Duration) -> ! {
    let (endpoint, peer) = (present.endpoint(), present.peer());
    let reason = format!(
        "a handler blocks a thread of the runtime, and the shutdown timeout of {limit:?} is over; the process exits with status 1"
    );
    let said = say(dispatch, move || last_event(endpoint, peer, &reason));
    // The subscriber may hang; the exit does not wait for it.
    let _said_or_not = said.recv_timeout(MARGIN);
    std::process::exit(1)
}

fn last_event(endpoint: &'static str, peer: Option<SocketAddr>, reason: &str) {
    event!(
        Level::ERROR,
        "the server cannot stop",
        endpoint = endpoint,
        rule = BLOCKED_THREAD.name,
        reason = reason,
        remedy = REMEDY,
        peer = peer,
    );
    if !nobody_listens() {
        // A log that is written in the background may lose the last events.
        let rule = BLOCKED_THREAD.name;
        let _ = writeln!(
            std::io::stderr(),
            "sockeye: ERROR: the server cannot stop: {reason}; endpoint={endpoint} rule={rule} help: {REMEDY}"
        );
    }
}
