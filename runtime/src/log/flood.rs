//! Keeps clients from flooding the log: what one client is refused or closed for again and again is counted, and summed up
//! once a second.

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
use crate::limiter::{Client, client};

/// How many events of one client, endpoint and rule are logged one by one within a [`WINDOW`].
const FEW: u32 = 10;

/// The same for what is the program's own fault: each may have another cause.
const FEW_FAULTS: u32 = 20;

/// How far sums are apart.
const WINDOW: Duration = Duration::from_secs(1);

/// How many combinations of client, endpoint and rule are told apart. Those that come while so many are active share a sum
/// for each endpoint and rule.
const MOST: usize = 1024;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) kind: Kind,
    pub(crate) endpoint: Option<&'static str>,
    pub(crate) rule: &'static str,
    pub(crate) client: Who,
}

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Refused,
    Closed,
    FailedAfterRefusal,
}

/// Whom it has happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// `None`: where the server was not told who its clients are.
    Client(Option<Client>),
    /// Those for whom there was no room.
    Others,
}

/// What one server's clients have been logged for lately.
#[derive(Debug, Default)]
pub(crate) struct Flood {
    /// Held to count, never while an event is emitted: a subscriber may do anything, this included.
    table: Mutex<Table>,
    /// How many proxies stand between the server and its clients.
    trusted_proxies: usize,
}

#[derive(Debug, Default)]
struct Table {
    counts: HashMap<Key, Count>,
    /// Whether a task sums up. It is set with the first count that goes unsaid and cleared, under the same lock, when none is
    /// left: so nothing unsaid is ever without a task.
    has_task: bool,
    /// When old counts were last removed.
    tidied: Option<Instant>,
}

#[derive(Debug)]
struct Count {
    since: Instant,
    said: u32,
    unsaid: u64,
    /// From the first event that went unsaid until a window with only a few of them.
    is_flood: bool,
    level: Level,
}

/// What has gone unsaid within a window.
struct Sum {
    key: Key,
    level: Level,
    times: u64,
    over: Duration,
}

impl Flood {
    pub(crate) fn new(trusted_proxies: usize) -> Self {
        Self { table: Mutex::default(), trusted_proxies }
    }

    /// The client's own address, where the peer is a proxy.
    pub(crate) fn client_behind_proxies(&self, parts: &Parts) -> Option<IpAddr> {
        (self.trusted_proxies > 0).then(|| client(parts, self.trusted_proxies)).flatten()
    }

    /// For whom a request is counted.
    pub(crate) fn client_of(&self, parts: &Parts) -> Who {
        Who::Client(Client::of(parts, self.trusted_proxies))
    }

    /// Whether an event is to be logged by itself. If not, it is counted, and logged with others.
    pub(crate) fn admits(self: &Arc<Self>, key: Key, level: Level) -> bool {
        // Nobody sums up where nothing runs.
        let Ok(runtime) = Handle::try_current() else { return true };
        let mut table = self.lock();
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

    /// Logs what has gone unsaid, before its time.
    pub(crate) fn flush(&self) {
        let sums = self.lock().sums(Instant::now(), Duration::ZERO);
        sums.iter().for_each(Sum::emit);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Counts an event. Says whether it is one of the first few.
    fn count(&mut self, mut key: Key, level: Level, now: Instant) -> bool {
        if !self.counts.contains_key(&key) && !self.has_room(now) {
            key.client = Who::Others;
        }
        let fresh = Count { since: now, said: 0, unsaid: 0, is_flood: false, level };
        self.counts.entry(key).or_insert(fresh).one_more(level, now)
    }

    fn has_room(&mut self, now: Instant) -> bool {
        if self.counts.len() >= MOST && self.tidied.is_none_or(|at| now - at >= WINDOW) {
            self.tidied = Some(now);
            self.counts.retain(|_, count| count.is_flood || now - count.since < WINDOW);
        }
        self.counts.len() < MOST
    }

    /// What has gone unsaid in counts of this age.
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
            }));
            was_flood && count.is_flood
        });
        sums
    }
}

impl Count {
    fn one_more(&mut self, level: Level, now: Instant) -> bool {
        if !self.is_flood && now - self.since >= WINDOW {
            *self = Self { since: now, said: 0, unsaid: 0, is_flood: false, level };
        }
        // The louder of the two, which is the smaller in the order of `tracing`.
        self.level = self.level.min(level);
        let few = if level == Level::ERROR { FEW_FAULTS } else { FEW };
        if !self.is_flood && self.said < few {
            self.said += 1;
            return true;
        }
        self.is_flood = true;
        self.unsaid += 1;
        false
    }

    /// Takes what has gone unsaid, and begins another window. The flood is over when that was little.
    fn sum(&mut self, now: Instant) -> Option<(u64, Duration)> {
        let (times, over) = (std::mem::take(&mut self.unsaid), now - self.since);
        let was_first_window = self.said > 0;
        self.is_flood &= was_first_window || times > u64::from(FEW);
        (self.since, self.said) = (now, 0);
        (times > 0).then_some((times, over))
    }
}

impl Sum {
    fn emit(&self) {
        let Self { key: Key { kind, endpoint, rule, client }, level, times, over } = *self;
        let over = Duration::from_millis(over.as_millis().try_into().unwrap_or(u64::MAX));
        let client = match client {
            Who::Client(client) => client.map(Client::bare),
            Who::Others => Some("others".to_owned()),
        };
        macro_rules! sum {
            ($message:literal) => {
                event!(
                    level,
                    $message,
                    endpoint = endpoint,
                    rule = rule,
                    client = client.as_deref(),
                    times = times,
                    over = over
                )
            };
        }
        match kind {
            Kind::Refused => sum!("more handshakes refused"),
            Kind::Closed => sum!("more connections closed"),
            Kind::FailedAfterRefusal => sum!("more handlers failed after they refused"),
        }
    }
}

/// Sums up each second, until there is nothing to sum up.
async fn sum_up(mut rest: Rest) {
    loop {
        tokio::time::sleep(WINDOW).await;
        if rest.is_last() {
            return;
        }
    }
}

/// What a task has to say, at the latest when it is dropped with its runtime.
struct Rest {
    flood: Arc<Flood>,
    /// Who listened to the event that began it, be it in that thread only.
    dispatch: Dispatch,
    /// Whether it has said that nothing is left: then another task may be at work.
    is_over: bool,
}

impl Rest {
    /// Logs sums. Says whether nothing is left that could go unsaid.
    fn is_last(&mut self) -> bool {
        let mut table = self.flood.lock();
        let sums = table.sums(Instant::now(), WINDOW);
        table.has_task = table.counts.values().any(|count| count.is_flood);
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
        table.counts.retain(|_, count| !count.is_flood);
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
        Key {
            kind: Kind::Refused,
            endpoint: Some("chat"),
            rule: "origin_refused",
            client: Who::Client(Some(client)),
        }
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
        assert!(times(&mut table, at(5)).is_empty() && table.counts.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_whoever_comes() {
        let (mut table, now) = (Table::default(), Instant::now());
        let said = (0..100_000).filter(|client| table.count(key(*client), Level::WARN, now)).count();
        assert_eq!((table.counts.len(), said), (MOST + 1, MOST + FEW as usize));
        let later = now + WINDOW;
        assert_eq!(times(&mut table, later), [100_000 - (MOST + FEW as usize) as u64]);
        assert!(table.count(key(200_000), Level::WARN, later), "there is room again");
    }
}
