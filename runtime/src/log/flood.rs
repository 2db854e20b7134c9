//! Keeps clients from flooding the log: repeated events of one client, and events that clients can cause without a request,
//! are counted and summed up once a second.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::request::Parts;
use tokio::{runtime::Handle, time::Instant};
use tracing::{Dispatch, Level, dispatcher};

use super::event;
use crate::{
    console::Tap,
    limiter::{Client, client},
};

/// How many events of one client, endpoint and rule are logged individually within a [`WINDOW`].
const FEW: u32 = 10;

/// The same for faults of the program: each may have a different cause.
const FEW_FAULTS: u32 = 20;

/// The same for normal ends of connections: the clients behind one address may all leave at the same time.
const FEW_ENDS: u32 = 100;

/// The interval between sums.
const WINDOW: Duration = Duration::from_secs(1);

/// How many causes are distinguished among events that any client can cause. Further causes share a line and a sum.
const MOST_CAUSES: usize = 32;

/// How many combinations of client, endpoint and rule are distinguished. While that many are active, further ones share a
/// sum for each endpoint and rule.
const MOST: usize = 1024;

/// The same for normal ends, counted separately so that they do not displace the others.
const MOST_ENDS: usize = 8 * 1024;

/// The key of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) kind: Kind,
    pub(crate) endpoint: Option<&'static str>,
    /// `None`: a normal end.
    pub(crate) rule: Option<&'static str>,
    pub(crate) client: Who,
    /// The index of a distinguished cause.
    cause: Option<Cause>,
}

/// A cause in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Cause(usize);

/// The kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Refused,
    /// A script has asked for an explanation.
    Explained,
    Closed,
    FailedAfterRefusal,
    TurnedAway,
    HttpFailed,
    NotAccepted,
    AskedNothing,
    PlainPanicked,
    Unanswered,
}

/// The client of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// `None`: the server does not know its clients, or does not distinguish them.
    Client(Option<Client>),
    /// Clients for which there was no room.
    Others,
}

/// The recent log events of a server's clients.
#[derive(Debug, Default)]
pub(crate) struct Flood {
    /// Held while counting, never while an event is emitted: a subscriber may do anything, including this.
    table: Mutex<Table>,
    /// The number of trusted proxies in front of the server.
    trusted_proxies: usize,
    /// Where events go as well, whether they are logged or not.
    tap: Tap,
}

#[derive(Debug, Default)]
struct Table {
    faults: Counts,
    ends: Counts,
    /// The causes that are distinguished, for the life of the server.
    causes: Vec<String>,
    /// Whether a task is summing up. It is set with the first event that is not logged and cleared, under the same lock, when
    /// none is left: so there is always a task for events that are not logged.
    has_task: bool,
}

#[derive(Debug, Default)]
struct Counts {
    counts: HashMap<Key, Count>,
    /// When old counts were last removed.
    tidied: Option<Instant>,
}

#[derive(Debug)]
struct Count {
    since: Instant,
    said: u32,
    unsaid: u64,
    /// From the first event that was not logged until a window with only a few of them.
    is_flood: bool,
    /// Up to this many events within a window are not a flood.
    few: u32,
    level: Level,
}

/// The events within a window that were not logged.
struct Sum {
    key: Key,
    level: Level,
    times: u64,
    over: Duration,
    cause: Option<String>,
}

impl Key {
    /// Events of one client.
    pub(crate) fn of(
        kind: Kind,
        endpoint: Option<&'static str>,
        rule: Option<&'static str>,
        client: Who,
    ) -> Self {
        Self { kind, endpoint, rule, client, cause: None }
    }

    /// Events that any client can cause without a request: all clients are counted together.
    pub(crate) fn of_all(kind: Kind, rule: Option<&'static str>) -> Self {
        Self::of(kind, None, rule, Who::Client(None))
    }

    fn few(&self, level: Level) -> u32 {
        match (self.kind, level) {
            (Kind::TurnedAway | Kind::HttpFailed | Kind::NotAccepted | Kind::AskedNothing, _) => 1,
            (_, Level::ERROR) => FEW_FAULTS,
            _ if self.rule.is_none() => FEW_ENDS,
            _ => FEW,
        }
    }
}

impl Flood {
    pub(crate) fn new(trusted_proxies: usize, tap: Tap) -> Self {
        Self { table: Mutex::default(), trusted_proxies, tap }
    }

    pub(crate) fn tap(&self) -> &Tap {
        &self.tap
    }

    /// The client's own address, if the peer is a proxy.
    pub(crate) fn client_behind_proxies(&self, parts: &Parts) -> Option<IpAddr> {
        (self.trusted_proxies > 0).then(|| client(parts, self.trusted_proxies)).flatten()
    }

    /// The client for which a request is counted.
    pub(crate) fn client_of(&self, parts: &Parts) -> Who {
        Who::Client(Client::of(parts, self.trusted_proxies))
    }

    /// Whether to log an event individually. If not, it is counted, and logged in a sum.
    pub(crate) fn admits(self: &Arc<Self>, key: Key, level: Level) -> bool {
        self.admits_cause(key, None, level)
    }

    /// The same, but the first event of each cause is logged. A cause with a different text for each client distinguishes
    /// nothing.
    pub(crate) fn admits_cause(self: &Arc<Self>, key: Key, cause: Option<&str>, level: Level) -> bool {
        // Without a runtime there is no task that sums up.
        let Ok(runtime) = Handle::try_current() else { return true };
        let mut table = self.lock();
        let key = Key { cause: cause.and_then(|cause| table.cause(cause)), ..key };
        if table.count(key, level, Instant::now()) {
            return true;
        }
        if !std::mem::replace(&mut table.has_task, true) {
            drop(table);
            let dispatch = dispatcher::get_default(Clone::clone);
            runtime.spawn(sum_up(Rest { flood: Arc::clone(self), dispatch, is_over: false }));
        }
        false
    }

    /// Logs the sums early.
    pub(crate) fn flush(&self) {
        let sums = self.lock().sums(Instant::now(), Duration::ZERO);
        sums.iter().for_each(Sum::emit);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Counts an event. Returns whether it is one of the first few.
    fn count(&mut self, key: Key, level: Level, now: Instant) -> bool {
        if key.rule.is_some() {
            self.faults.count(key, level, now, MOST)
        } else {
            self.ends.count(key, level, now, MOST_ENDS)
        }
    }

    /// The index of a cause, if there is room for it.
    fn cause(&mut self, words: &str) -> Option<Cause> {
        if let Some(at) = self.causes.iter().position(|known| known == words) {
            return Some(Cause(at));
        }
        let has_room = self.causes.len() < MOST_CAUSES;
        has_room.then(|| {
            self.causes.push(words.to_owned());
            Cause(self.causes.len() - 1)
        })
    }

    /// The events that were not logged in counts of this age.
    fn sums(&mut self, now: Instant, age: Duration) -> Vec<Sum> {
        let mut sums = self.faults.sums(now, age);
        sums.extend(self.ends.sums(now, age));
        for sum in &mut sums {
            sum.cause = sum.key.cause.and_then(|Cause(at)| self.causes.get(at).cloned());
        }
        sums
    }

    fn has_flood(&self) -> bool {
        self.faults.counts.values().chain(self.ends.counts.values()).any(|count| count.is_flood)
    }

    fn forget_floods(&mut self) {
        for counts in [&mut self.faults, &mut self.ends] {
            counts.counts.retain(|_, count| !count.is_flood);
        }
    }
}

impl Counts {
    fn count(&mut self, mut key: Key, level: Level, now: Instant, most: usize) -> bool {
        if !self.counts.contains_key(&key) && !self.has_room(now, most) {
            key.client = Who::Others;
        }
        let few = key.few(level);
        let fresh = Count { since: now, said: 0, unsaid: 0, is_flood: false, few, level };
        self.counts.entry(key).or_insert(fresh).one_more(few, level, now)
    }

    fn has_room(&mut self, now: Instant, most: usize) -> bool {
        if self.counts.len() >= most && self.tidied.is_none_or(|at| now - at >= WINDOW) {
            self.tidied = Some(now);
            self.counts.retain(|_, count| count.is_flood || now - count.since < WINDOW);
        }
        self.counts.len() < most
    }

    fn sums(&mut self, now: Instant, age: Duration) -> Vec<Sum> {
        let mut sums = Vec::new();
        self.counts.retain(|key, count| {
            if now - count.since < age {
                return true;
            }
            let was_flood = count.is_flood;
            sums.extend(count.sum(now).map(|(times, over)| Sum {
                key: *key,
                level: count.level,
                times,
                over,
                cause: None,
            }));
            was_flood && count.is_flood
        });
        sums
    }
}

impl Count {
    fn one_more(&mut self, few: u32, level: Level, now: Instant) -> bool {
        if !self.is_flood && now - self.since >= WINDOW {
            *self = Self { since: now, said: 0, unsaid: 0, is_flood: false, few, level };
        }
        // The more severe of the two, which is the smaller one in `tracing`'s order.
        self.level = self.level.min(level);
        self.few = self.few.max(few);
        if !self.is_flood && self.said < few {
            self.said += 1;
            return true;
        }
        self.is_flood = true;
        self.unsaid += 1;
        false
    }

    /// Takes the sums, and begins another window. The flood is over if there was little to sum up.
    fn sum(&mut self, now: Instant) -> Option<(u64, Duration)> {
        let (times, over) = (std::mem::take(&mut self.unsaid), now - self.since);
        let was_first_window = self.said > 0;
        self.is_flood &= was_first_window || times > u64::from(self.few);
        (self.since, self.said) = (now, 0);
        (times > 0).then_some((times, over))
    }
}

impl Sum {
    fn emit(&self) {
        let Self { key: Key { kind, endpoint, rule, client, cause: _ }, level, times, over, ref cause } =
            *self;
        let over = Duration::from_millis(over.as_millis().try_into().unwrap_or(u64::MAX));
        let client = match client {
            Who::Client(client) => client.map(Client::bare),
            Who::Others => Some("others".to_owned()),
        };
        macro_rules! sum {
            ($message:literal) => {
                if let Some(cause) = cause {
                    event!(level, $message, rule = rule, reason = cause, times = times, over = over)
                } else {
                    event!(
                        level,
                        $message,
                        endpoint = endpoint,
                        rule = rule,
                        client = client.as_deref(),
                        times = times,
                        over = over
                    )
                }
            };
        }
        match kind {
            Kind::Refused => sum!("more handshakes refused"),
            Kind::Explained => sum!("more refusals explained"),
            Kind::Closed => sum!("more connections closed"),
            Kind::FailedAfterRefusal => sum!("more handlers failed after they refused"),
            Kind::TurnedAway => sum!("more connections turned away"),
            Kind::HttpFailed => sum!("more http requests failed"),
            Kind::NotAccepted => sum!("more connections could not be accepted"),
            Kind::AskedNothing => sum!("more idle clients disconnected"),
            Kind::PlainPanicked => sum!("more http requests panicked"),
            Kind::Unanswered => sum!("more calls not answered"),
        }
    }
}

/// Sums up each second, until there is nothing left.
async fn sum_up(mut rest: Rest) {
    loop {
        tokio::time::sleep(WINDOW).await;
        if rest.is_last() {
            return;
        }
    }
}

/// The sums that a task must log, at the latest when it is dropped with its runtime.
struct Rest {
    flood: Arc<Flood>,
    /// The subscriber of the event that started it, even if it is only that thread's.
    dispatch: Dispatch,
    /// Whether it has reported that nothing is left: then another task may be running.
    is_over: bool,
}

impl Rest {
    /// Logs sums. Returns whether nothing is left.
    fn is_last(&mut self) -> bool {
        let mut table = self.flood.lock();
        let sums = table.sums(Instant::now(), WINDOW);
        table.has_task = table.has_flood();
        self.is_over = !table.has_task;
        drop(table);
        dispatcher::with_default(&self.dispatch, || sums.iter().for_each(Sum::emit));
        self.is_over
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut table = self.flood.lock();
        let sums = table.sums(Instant::now(), Duration::ZERO);
        table.forget_floods();
        table.has_task = false;
        drop(table);
        dispatcher::with_default(&self.dispatch, || sums.iter().for_each(Sum::emit));
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn key(client: u32) -> Key {
        let client = Client::new(IpAddr::V4(Ipv4Addr::from_bits(client)));
        Key::of(Kind::Refused, Some("chat"), Some("origin_refused"), Who::Client(Some(client)))
    }

    fn times(table: &mut Table, now: Instant) -> Vec<u64> {
        table.sums(now, WINDOW).iter().map(|sum| sum.times).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_begins_after_a_few_and_ends_when_few_come() {
        let (mut table, begun) = (Table::default(), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        let come = |table: &mut Table, many: usize, second: u64| {
            (0..many).filter(|_| table.count(key(1), Level::WARN, at(second))).count()
        };
        assert_eq!(come(&mut table, 10, 0), 10);
        assert_eq!(come(&mut table, 10, 1), 10, "few in each window");
        assert_eq!(come(&mut table, 30, 1), 0);
        assert_eq!(times(&mut table, at(2)), [30]);
        assert_eq!(come(&mut table, 11, 2), 0, "it goes on");
        assert_eq!(times(&mut table, at(3)), [11]);
        assert_eq!(come(&mut table, 3, 3), 0);
        assert_eq!(times(&mut table, at(4)), [3]);
        assert_eq!(come(&mut table, 3, 4), 3, "it was over");
        assert!(times(&mut table, at(5)).is_empty() && table.faults.counts.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_whoever_comes() {
        let (mut table, now) = (Table::default(), Instant::now());
        let said = (0..100_000).filter(|client| table.count(key(*client), Level::WARN, now)).count();
        assert_eq!((table.faults.counts.len(), said), (MOST + 1, MOST + FEW as usize));
        let later = now + WINDOW;
        assert_eq!(times(&mut table, later), [100_000 - (MOST + FEW as usize) as u64]);
        assert!(table.count(key(200_000), Level::WARN, later), "there is room again");
    }

    #[tokio::test(start_paused = true)]
    async fn ends_that_are_nobodys_fault_leave_room_for_faults() {
        let (mut table, now) = (Table::default(), Instant::now());
        let end = |client| Key { kind: Kind::Closed, rule: None, ..key(client) };
        let said = (0..100_000).filter(|client| table.count(end(*client), Level::INFO, now)).count();
        assert_eq!(said, MOST_ENDS + FEW_ENDS as usize);
        let said = (0..1000).filter(|_| table.count(end(7), Level::INFO, now)).count();
        assert_eq!(said, FEW_ENDS as usize - 1, "of one client");
        assert!(table.count(key(7), Level::WARN, now), "a fault of the same client");
    }

    #[tokio::test(start_paused = true)]
    async fn of_what_anybody_can_cause_one_line_is_said_and_the_sum() {
        let (mut table, now) = (Table::default(), Instant::now());
        let key = Key::of_all(Kind::TurnedAway, Some("server_full"));
        let said = (0..1000).filter(|_| table.count(key, Level::WARN, now)).count();
        assert_eq!((said, times(&mut table, now + WINDOW)), (1, vec![999]));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_of_each_cause_is_said_and_causes_are_bounded() {
        let (mut table, now) = (Table::default(), Instant::now());
        let mut come = |cause: &str| {
            let key = Key::of_all(Kind::HttpFailed, Some("malformed_request"));
            let cause = table.cause(cause);
            table.count(Key { cause, ..key }, Level::WARN, now)
        };
        assert_eq!(["TLS", "TLS", "SSH", "TLS"].map(&mut come), [true, false, true, false]);
        let said = (0..1000).filter(|number| come(&number.to_string())).count();
        assert_eq!(said, MOST_CAUSES - 2 + 1, "and one for all that come after");
        let sums = table.sums(now + WINDOW, WINDOW);
        let mut sums: Vec<_> = sums.iter().map(|sum| (sum.times, sum.cause.as_deref())).collect();
        sums.sort_unstable();
        assert_eq!(sums, [(2, Some("TLS")), (1000 - MOST_CAUSES as u64 + 1, None)]);
    }
}
