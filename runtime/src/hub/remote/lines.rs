use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{super::channel::Channel, backoff::backoff};

/// How long a broker may take to confirm a subscription before it is asked again.
const ANSWER: Duration = Duration::from_secs(10);

/// Which topics this machine wants from the broker, and what the broker has been told of them.
///
/// It is a table and not a queue of changes: what comes and goes faster than the broker is told takes one place, and nothing
/// that is wanted can be forgotten.
#[derive(Debug, Default)]
pub(super) struct Lines {
    table: HashMap<Arc<str>, Line>,
    /// Topics of which the broker is to be told something. Each is in it once.
    queue: VecDeque<Arc<str>>,
    /// When a topic is looked at again, and for which of its tries. What has been settled since is left to pass.
    due: BTreeMap<(Instant, u64), Arc<str>>,
    tries: u64,
    /// How many are refused, and the words of the last refusal.
    refused: usize,
    reason: String,
}

#[derive(Debug)]
struct Line {
    /// Who is to hear it; `None` once nobody is.
    channel: Option<Arc<Channel>>,
    phase: Phase,
    /// Counts tries; an answer to an older one says nothing.
    number: u64,
    failed: u32,
    /// Others may have published while nobody here could hear it.
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

/// What the broker is to be told.
pub(in crate::hub) enum Step {
    Subscribe { topic: Arc<str>, number: u64 },
    Unsubscribe(Arc<str>),
}

/// What to do for subscribers when their topic is confirmed.
pub(super) struct Confirmed {
    pub(super) channel: Arc<Channel>,
    pub(super) late: bool,
    /// It was the last that was refused.
    pub(super) all_again: bool,
}

impl Lines {
    /// A topic is wanted. `true` when the broker has confirmed it already.
    pub(super) fn want(&mut self, topic: &Arc<str>, channel: &Arc<Channel>, connected: bool) -> bool {
        let line = self.table.entry(Arc::clone(topic)).or_insert_with(Line::new);
        line.channel = Some(Arc::clone(channel));
        line.late |= !connected;
        if line.phase == Phase::Untold && connected {
            line.enqueue(&mut self.queue, topic);
        }
        line.phase == Phase::Confirmed
    }

    /// It is not wanted any more. Gives back what the line held, which must not be dropped under a lock.
    pub(super) fn give_up(&mut self, topic: &Arc<str>) -> Option<Arc<Channel>> {
        let line = self.table.get_mut(topic)?;
        let channel = line.channel.take();
        if line.phase != Phase::Untold {
            line.enqueue(&mut self.queue, topic);
        } else if !line.queued {
            // One that is queued goes when its turn comes: it may be wanted again until then.
            self.remove(topic);
        }
        channel
    }

    /// A new connection, which knows nothing yet.
    pub(super) fn connected(&mut self) {
        self.forget();
        for (topic, line) in &mut self.table {
            line.late = true;
            line.enqueue(&mut self.queue, topic);
        }
    }

    /// The connection is gone. Who listens is to be told.
    pub(super) fn lost(&mut self) -> Vec<Arc<Channel>> {
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

    /// The next thing that the broker is to be told.
    pub(super) fn next(&mut self, now: Instant) -> Option<Step> {
        self.look_again(now);
        while let Some(topic) = self.queue.pop_front() {
            let Some(line) = self.table.get_mut(&topic) else { continue };
            line.queued = false;
            match (line.channel.is_some(), line.phase) {
                (true, Phase::Untold) => {
                    self.tries += 1;
                    (line.phase, line.number) = (Phase::Asked, self.tries);
                    self.due.insert((now + ANSWER, self.tries), Arc::clone(&topic));
                    return Some(Step::Subscribe { topic, number: self.tries });
                }
                (false, phase) => {
                    self.refused -= usize::from(phase == Phase::Refused);
                    self.remove(&topic);
                    if phase != Phase::Untold {
                        return Some(Step::Unsubscribe(topic));
                    }
                }
                (true, _) => {}
            }
        }
        None
    }

    /// Puts what is due into the queue again.
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

    /// When there is something to do though nobody asks.
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

    /// The broker has not confirmed it: it is asked again after a while. `true` for the first of several.
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

    /// Why topics are not heard from other machines, and how many.
    pub(super) fn refusal(&self) -> Option<(usize, &str)> {
        (self.refused > 0).then_some((self.refused, self.reason.as_str()))
    }

    /// Whether the broker has yet to confirm something.
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
