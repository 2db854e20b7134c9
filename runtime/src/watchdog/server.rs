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
    chores::Chores,
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
    chores: Chores,
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
    /// The tick in which that was noticed.
    returned_at: Option<u64>,
    /// Whether Sockeye listens, so that `returned` says when the server ends.
    listens: bool,
    /// Blocked handlers that are already logged and still block.
    reported: Vec<Held>,
    /// Workers that something else blocks, which is logged, and since when.
    reported_workers: Vec<(usize, u64)>,
}

impl Watched {
    pub(super) fn new(
        lifecycle: &Lifecycle,
        bound: Duration,
        ending: Option<Ending>,
        listens: bool,
        returned: Arc<AtomicBool>,
    ) -> Self {
        Self {
            registry: lifecycle.connections.downgrade(),
            chores: lifecycle.chores,
            told: lifecycle.told(),
            bound,
            workers: Handle::try_current().ok().map(Workers::new),
            dispatch: dispatcher::get_default(Clone::clone),
            ending,
            asked: None,
            returned,
            returned_at: None,
            listens,
            reported: Vec::new(),
            reported_workers: Vec::new(),
        }
    }

    /// Whether nothing is left that could block.
    pub(super) fn is_gone(&self) -> bool {
        self.registry.is_gone() && !self.left_blocked()
    }

    /// Whether a route, a layer or a health check has blocked its thread since before the server's future ended. It keeps the runtime
    /// from being dropped.
    fn left_blocked(&self) -> bool {
        self.returned_at.is_some_and(|tick| self.chores.block_since(tick))
    }

    pub(super) fn look(&mut self, now: u64) {
        if let Some(workers) = &mut self.workers {
            workers.look(now);
        }
        if self.returned.load(Ordering::Relaxed) {
            self.returned_at.get_or_insert(now);
        }
        self.help_others(now);
        self.report(now);
        self.report_others(now);
        self.end_if_overdue(now);
    }

    /// Wakes a worker while another is blocked, whatever it runs. In tokio one worker waits for network and timers on behalf of all; if that one is
    /// blocked, the others keep sleeping although they could take over.
    fn help_others(&self, now: u64) {
        let Some(workers) = self.workers.as_ref().filter(|workers| workers.seen.len() > 1) else { return };
        if workers.is_stuck_since(now.saturating_sub(SOON)) {
            drop(workers.runtime.spawn(async {}));
        }
    }

    /// Logs each worker that something other than a handler blocks, once. As many as handlers block are theirs.
    fn report_others(&mut self, now: u64) {
        let Some(workers) = self.workers.as_ref().filter(|_| self.is_serving()) else { return };
        let latest = now.saturating_sub(ticks(self.bound));
        let stuck = workers.stuck_since(latest);
        self.reported_workers.retain(|one| stuck.contains(one));
        let news: Vec<_> = stuck.into_iter().filter(|one| !self.reported_workers.contains(one)).collect();
        let by_handlers = slots::held_since(latest).into_iter().filter(|held| held.is_handler()).count();
        if news.len() <= by_handlers {
            return;
        }
        self.reported_workers.extend(news);
        let bound = self.bound;
        drop(say(&self.dispatch, move || blocked_by_another(bound)));
    }

    /// Whether Sockeye listens, and the server's future has not ended. After that the program may do what it likes on its threads.
    fn is_serving(&self) -> bool {
        self.listens && !self.returned.load(Ordering::Relaxed)
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

    /// Ends the process when the server or its runtime should have ended, but a thread is blocked.
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
        let latest = now.saturating_sub(ticks(self.bound.min(MARGIN)));
        let held = slots::held_since(latest);
        let present = held.iter().find_map(|one| self.registry.present_at(one.subject));
        let is_stuck = || self.workers.as_ref().is_some_and(|workers| workers.is_stuck_since(latest));
        if present.is_some() || self.is_serving() && is_stuck() || self.left_blocked() {
            end_process(&self.dispatch, present.as_ref(), limit);
        }
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

/// When each worker of a runtime was last between two tasks.
struct Workers {
    runtime: Handle,
    metrics: RuntimeMetrics,
    seen: Vec<Seen>,
}

/// The counters of a worker, and the first tick with these values.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    /// How often it has parked and unparked: even while it is awake.
    parks: u64,
    /// Updated when it parks, and after some dozens of polls at the latest.
    busy: Duration,
    since: u64,
}

impl Workers {
    fn new(runtime: Handle) -> Self {
        let metrics = runtime.metrics();
        let now = slots::now();
        let seen = (0..metrics.num_workers()).map(|n| Seen::of(&metrics, n, now)).collect();
        Self { runtime, metrics, seen }
    }

    fn look(&mut self, now: u64) {
        for (n, seen) in self.seen.iter_mut().enumerate() {
            let found = Seen::of(&self.metrics, n, now);
            if (found.parks, found.busy) != (seen.parks, seen.busy) {
                *seen = found;
            }
        }
    }

    /// Whether a worker is awake and has not parked since.
    fn is_stuck_since(&self, tick: u64) -> bool {
        // It may have unparked in the tick in which the poll began, which is noticed in the next one.
        !self.stuck_since(tick.saturating_add(1)).is_empty()
    }

    /// The workers that have been in the same tasks since this tick or before, with the tick.
    fn stuck_since(&self, tick: u64) -> Vec<(usize, u64)> {
        let awake = self.seen.iter().enumerate().filter(|(_, seen)| seen.parks.is_multiple_of(2));
        awake.filter(|(_, seen)| seen.since <= tick).map(|(n, seen)| (n, seen.since)).collect()
    }
}

impl Seen {
    fn of(metrics: &RuntimeMetrics, worker: usize, now: u64) -> Self {
        let parks = metrics.worker_park_unpark_count(worker);
        Self { parks, busy: metrics.worker_total_busy_duration(worker), since: now }
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

fn blocked_by_another(bound: Duration) {
    metrics::blocked_thread("");
    event!(
        Level::ERROR,
        "a thread of the runtime is blocked",
        rule = BLOCKED_THREAD.name,
        reason = format!(
            "something other than a handler has blocked the thread for {bound:?} between two `.await`s: a route, a layer, a health check, a task of the program, or a resolver of certificates; no other task can run on that thread"
        ),
        remedy = REMEDY,
    );
}

const REMEDY: &str = "move the work to `tokio::task::spawn_blocking` and await it, or use the async version of the blocking call";

/// Writes one line to the log and one to standard error, and ends the process.
fn end_process(dispatch: &Dispatch, present: Option<&Present>, limit: Duration) -> ! {
    let (endpoint, peer) = (present.map(Present::endpoint), present.and_then(Present::peer));
    let who = if present.is_some() { "a handler" } else { "something other than a handler" };
    let reason = format!(
        "{who} blocks a thread of the runtime, and the shutdown timeout of {limit:?} is over; the process exits with status 1"
    );
    let said = say(dispatch, move || last_event(endpoint, peer, &reason));
    // The subscriber may hang; the exit does not wait for it.
    let _said_or_not = said.recv_timeout(MARGIN);
    std::process::exit(1)
}

fn last_event(endpoint: Option<&'static str>, peer: Option<SocketAddr>, reason: &str) {
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
        let endpoint = endpoint.map(|endpoint| format!(" endpoint={endpoint}")).unwrap_or_default();
        let _ = writeln!(
            std::io::stderr(),
            "sockeye: ERROR: the server cannot stop: {reason};{endpoint} rule={rule} help: {REMEDY}"
        );
    }
}
