use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{backoff::backoff, listener::Listener};

/// How long a broker may take to confirm a subscription before it is ordered again.
const ANSWER: Duration = Duration::from_secs(10);

/// The topics that this machine wants from the broker, and the state of each order.
///
/// It is a table and not a queue of changes: changes that are faster than the broker take one entry, and no wanted topic can
/// be forgotten.
#[derive(Debug, Default)]
pub(super) struct Lines {
    table: HashMap<Arc<str>, Line>,
    /// Topics with a pending order for the broker. Each is in it once.
    queue: VecDeque<Arc<str>>,
    /// When a topic is checked again, and for which of its attempts. Entries that have been settled since are skipped.
    due: BTreeMap<(Instant, u64), Arc<str>>,
    tries: u64,
    /// How many are refused, and the reason of the last refusal.
    refused: usize,
    reason: String,
}

#[derive(Debug)]
struct Line {
    /// The subscribers to notify; `None` once there are none.
    channel: Option<Arc<dyn Listener>>,
    phase: Phase,
    /// Counts attempts; an answer to an older one is ignored.
    number: u64,
    failed: u32,
    /// Others may have published while no one here could receive it.
    late: bool,
    queued: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Untold,
    Asked,
    Confirmed,
    Refused,
}

/// The next order for the broker.
pub(in crate::hub) enum Step {
    Subscribe { topic: Arc<str>, number: u64, channel: Arc<dyn Listener> },
    Unsubscribe(Arc<str>),
}

/// The notifications for subscribers when their topic is confirmed.
pub(super) struct Confirmed {
    pub(super) channel: Arc<dyn Listener>,
    pub(super) late: bool,
    /// It was the last refused topic.
    pub(super) all_again: bool,
}

impl Lines {
    /// Adds a topic. `true` if the broker has confirmed it already.
    pub(super) fn want(&mut self, topic: &Arc<str>, channel: &Arc<dyn Listener>, connected: bool) -> bool {
        let line = self.table.entry(Arc::clone(topic)).or_insert_with(Line::new);
        line.channel = Some(Arc::clone(channel));
        line.late |= !connected;
        if line.phase == Phase::Untold && connected {
            line.enqueue(&mut self.queue, topic);
        }
        line.phase == Phase::Confirmed
    }

    /// Removes a topic. Returns its content, which must not be dropped under a lock.
    pub(super) fn give_up(&mut self, topic: &Arc<str>) -> Option<Arc<dyn Listener>> {
        let line = self.table.get_mut(topic)?;
        let channel = line.channel.take();
        if line.phase != Phase::Untold {
            line.enqueue(&mut self.queue, topic);
        } else if !line.queued {
            // A queued one is removed when its turn comes: it may be added again before that.
            self.remove(topic);
        }
        channel
    }

    /// A new connection, on which nothing is subscribed yet.
    pub(super) fn connected(&mut self) {
        self.forget();
        for (topic, line) in &mut self.table {
            line.late = true;
            line.enqueue(&mut self.queue, topic);
        }
    }

    /// The connection is lost. Subscribers must be notified.
    pub(super) fn lost(&mut self) -> Vec<Arc<dyn Listener>> {
        self.forget();
        self.table.values().filter_map(|line| line.channel.clone()).collect()
    }

    fn forget(&mut self) {
        self.queue.clear();
        self.due.clear();
        self.refused = 0;
        self.table.retain(|_, line| line.channel.is_some());
        for line in self.table.values_mut() {
            (line.phase, line.queued, line.failed) = (Phase::Untold, false, 0);
            line.number = 0;
        }
    }

    /// The next order for the broker.
    pub(super) fn next(&mut self, now: Instant) -> Option<Step> {
        self.look_again(now);
        while let Some(topic) = self.queue.pop_front() {
            let Some(line) = self.table.get_mut(&topic) else { continue };
            line.queued = false;
            match (line.channel.clone(), line.phase) {
                (Some(channel), Phase::Untold) => {
                    self.tries += 1;
                    (line.phase, line.number) = (Phase::Asked, self.tries);
                    self.due.insert((now + ANSWER, self.tries), Arc::clone(&topic));
                    return Some(Step::Subscribe { topic, number: self.tries, channel });
                }
                (None, phase) => {
                    self.refused -= usize::from(phase == Phase::Refused);
                    self.remove(&topic);
                    if phase != Phase::Untold {
                        return Some(Step::Unsubscribe(topic));
                    }
                }
                (Some(_), _) => {}
            }
        }
        None
    }

    /// Orders a topic again that the broker has confirmed. An order without an answer yet is answered with what is there then.
    pub(super) fn again(&mut self, topic: &str, connected: bool) {
        let Some((topic, _)) = self.table.get_key_value(topic) else { return };
        let topic = Arc::clone(topic);
        let Some(line) = self.table.get_mut(&topic) else { return };
        if line.phase == Phase::Confirmed && connected {
            line.phase = Phase::Untold;
            line.enqueue(&mut self.queue, &topic);
        }
    }

    /// Queues everything that is due again.
    fn look_again(&mut self, now: Instant) {
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((_, number), topic) = entry.remove_entry();
            let Some(line) = self.table.get_mut(&topic).filter(|line| line.number == number) else {
                continue;
            };
            match line.phase {
                Phase::Asked => {
                    let reason = format!("the broker has not answered within {ANSWER:?}");
                    self.refuse(&topic, number, reason, now);
                }
                Phase::Refused => {
                    self.refused -= 1;
                    line.phase = Phase::Untold;
                    line.enqueue(&mut self.queue, &topic);
                }
                Phase::Untold | Phase::Confirmed => {}
            }
        }
    }

    /// When the next retry is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn confirm(&mut self, topic: &str, number: u64) -> Option<Confirmed> {
        let line = self.table.get_mut(topic).filter(|line| line.number == number)?;
        let was_refused = std::mem::replace(&mut line.phase, Phase::Confirmed) == Phase::Refused;
        line.failed = 0;
        self.refused -= usize::from(was_refused);
        let late = std::mem::take(&mut line.late);
        let channel = line.channel.clone()?;
        let all_again = self.refused == 0 && !std::mem::take(&mut self.reason).is_empty();
        Some(Confirmed { channel, late, all_again })
    }

    /// The broker has not confirmed it: it is ordered again after a delay. `true` for the first of several.
    pub(super) fn refuse(&mut self, topic: &str, number: u64, reason: String, now: Instant) -> bool {
        let Some((topic, _)) = self.table.get_key_value(topic) else { return false };
        let topic = Arc::clone(topic);
        let Some(line) = self.table.get_mut(&topic) else { return false };
        if line.number != number || line.phase != Phase::Asked {
            return false;
        }
        (line.phase, line.late) = (Phase::Refused, true);
        self.due.insert((now + backoff(line.failed), number), topic);
        line.failed += 1;
        self.refused += 1;
        let is_first = self.reason.is_empty();
        self.reason = reason;
        is_first
    }

    /// Why topics do not receive events of other machines, and how many.
    pub(super) fn refusal(&self) -> Option<(usize, &str)> {
        (self.refused > 0).then_some((self.refused, self.reason.as_str()))
    }

    /// Whether confirmations are missing.
    pub(super) fn is_settled(&self) -> bool {
        self.table.values().all(|line| line.phase == Phase::Confirmed)
    }

    fn remove(&mut self, topic: &str) {
        self.table.remove(topic);
        if self.table.capacity() > 64 && self.table.len() < self.table.capacity() / 8 {
            self.table.shrink_to(self.table.len() * 2);
        }
    }
}

impl Line {
    fn new() -> Self {
        Self { channel: None, phase: Phase::Untold, number: 0, failed: 0, late: false, queued: false }
    }

    fn enqueue(&mut self, queue: &mut VecDeque<Arc<str>>, topic: &Arc<str>) {
        if !std::mem::replace(&mut self.queued, true) {
            queue.push_back(Arc::clone(topic));
        }
    }
}
