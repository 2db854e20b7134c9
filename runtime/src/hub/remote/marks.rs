use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::super::packet::Recent;

/// How long after an event its topic is marked. Further events within that time share the mark.
const FIRST: Duration = Duration::from_secs(5);
/// How long after that the mark is repeated, in case the broker has lost it as well.
const REPEAT: Duration = Duration::from_secs(25);
/// How many topics can wait for a mark. If there are more, the next one is marked immediately, and not again.
const TOPICS: usize = 8192;

/// The topics that are to be marked: a mark carries its publisher's latest number, so that a subscriber that has not received the
/// topic's last event detects that it is lost.
///
/// Only a topic that was published to since its last mark gets one, so there are at most two marks for an event, and two for each topic
/// and interval regardless of the number of events. An idle topic costs nothing.
#[derive(Debug, Default)]
pub(super) struct Marks {
    topics: HashMap<Arc<str>, Reached>,
    /// Every topic of the table is in it once.
    due: BTreeMap<Turn, Arc<str>>,
    turns: u64,
}

/// When a topic is marked; the number distinguishes topics that are marked at the same time.
type Turn = (Instant, u64);

/// The events of a topic that the broker has received.
#[derive(Debug)]
struct Reached {
    stream: u64,
    /// The number of the last event.
    last: u64,
    /// The last event that earlier marks announced.
    told: u64,
    /// When the broker received the first event after that.
    since: Instant,
    /// A mark has announced `last`.
    is_marked: bool,
    turn: Turn,
}

/// The content of a mark.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) topic: Arc<str>,
    pub(super) stream: u64,
    pub(super) last: u64,
    pub(super) recent: Recent,
}

impl Marks {
    /// The broker has received this event.
    pub(super) fn given(&mut self, topic: &Arc<str>, stream: u64, number: u64, now: Instant) {
        if let Some(reached) = self.topics.get_mut(topic) {
            let was_marked = std::mem::replace(&mut reached.is_marked, false);
            if was_marked {
                (reached.told, reached.since) = (reached.last, now);
            }
            reached.last = number;
            if was_marked {
                self.schedule(topic, now + FIRST);
            }
            return;
        }
        let told = number.saturating_sub(1);
        let turn = self.turn(now + FIRST);
        let reached = Reached { stream, last: number, told, since: now, is_marked: false, turn };
        self.topics.insert(Arc::clone(topic), reached);
        self.due.insert(turn, Arc::clone(topic));
    }

    /// The next mark that is due. At the end, marks that have never been sent do not wait.
    pub(super) fn next(&mut self, now: Instant, is_end: bool) -> Option<Mark> {
        loop {
            let is_hurried = is_end || self.topics.len() > TOPICS;
            let first = self.due.first_entry().filter(|first| is_hurried || first.key().0 <= now)?;
            let topic = first.remove();
            let Some(reached) = self.topics.get_mut(&topic) else { continue };
            let mark = reached.mark(&topic, now);
            let was_marked = std::mem::replace(&mut reached.is_marked, true);
            if was_marked || is_hurried {
                self.remove(&topic);
            } else {
                self.schedule(&topic, now + REPEAT);
            }
            // A repetition is not worth the hurry.
            if !(was_marked && is_hurried) {
                return Some(mark);
            }
        }
    }

    /// The last mark of the topic's stream, if the next event begins another stream and the end of this one has not been
    /// announced.
    pub(super) fn end_stream(&mut self, topic: &Arc<str>, next: u64, now: Instant) -> Option<Mark> {
        let reached = self.topics.get(topic).filter(|reached| reached.stream != next)?;
        let mark = (!reached.is_marked).then(|| reached.mark(topic, now));
        self.due.remove(&reached.turn);
        self.remove(topic);
        mark
    }

    /// The broker did not accept the topic's mark, so it is sent again at this time.
    pub(super) fn again(&mut self, topic: &Arc<str>, at: Instant) {
        if let Some(reached) = self.topics.get_mut(topic) {
            reached.is_marked = false;
            self.schedule(topic, at);
        }
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    fn schedule(&mut self, topic: &Arc<str>, at: Instant) {
        let turn = self.turn(at);
        let Some(reached) = self.topics.get_mut(topic) else { return };
        self.due.remove(&std::mem::replace(&mut reached.turn, turn));
        self.due.insert(turn, Arc::clone(topic));
    }

    fn turn(&mut self, at: Instant) -> Turn {
        self.turns += 1;
        (at, self.turns)
    }

    fn remove(&mut self, topic: &str) {
        self.topics.remove(topic);
        if self.topics.capacity() > 64 && self.topics.len() < self.topics.capacity() / 8 {
            self.topics.shrink_to(self.topics.len() * 2);
        }
    }
}

impl Reached {
    fn mark(&self, topic: &Arc<str>, now: Instant) -> Mark {
        let recent = Recent {
            events: self.last.saturating_sub(self.told),
            age: now.saturating_duration_since(self.since),
        };
        Mark { topic: Arc::clone(topic), stream: self.stream, last: self.last, recent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(name: &str) -> Arc<str> {
        name.into()
    }

    /// The contents of the marks that are due: topic, last number, events since the previous mark, age in seconds.
    fn take(marks: &mut Marks, now: Instant) -> Vec<(String, u64, u64, u64)> {
        std::iter::from_fn(|| marks.next(now, false))
            .map(|mark| (mark.topic.to_string(), mark.last, mark.recent.events, mark.recent.age.as_secs()))
            .collect()
    }

    #[test]
    fn what_was_published_since_the_last_mark_is_marked_and_repeated_once() {
        let (mut marks, start) = (Marks::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        (1..=100).for_each(|number| marks.given(&topic("a"), 1, number, at(0)));
        marks.given(&topic("b"), 1, 7, at(1));
        assert_eq!(take(&mut marks, at(4)), []);
        assert_eq!(take(&mut marks, at(5)), [("a".to_owned(), 100, 100, 5)]);
        assert_eq!(take(&mut marks, at(6)), [("b".to_owned(), 7, 1, 5)]);
        marks.given(&topic("a"), 1, 103, at(7));
        assert_eq!(take(&mut marks, at(12)), [("a".to_owned(), 103, 3, 5)]);
        assert_eq!(take(&mut marks, at(31)), [("b".to_owned(), 7, 1, 30)]);
        assert_eq!(take(&mut marks, at(37)), [("a".to_owned(), 103, 3, 30)]);
        assert!(marks.topics.is_empty() && marks.due.is_empty(), "a topic that rests is forgotten");
    }

    #[test]
    fn a_mark_that_was_not_taken_is_sent_again() {
        let (mut marks, start) = (Marks::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        marks.given(&topic("a"), 1, 1, at(0));
        assert_eq!(take(&mut marks, at(5)).len(), 1);
        marks.again(&topic("a"), at(6));
        assert_eq!(take(&mut marks, at(6)), [("a".to_owned(), 1, 1, 6)]);
        assert_eq!(take(&mut marks, at(31)).len(), 1);
        marks.again(&topic("a"), at(32));
        assert_eq!(
            (take(&mut marks, at(40)).len(), marks.due.len()),
            (0, 0),
            "it has been sent often enough"
        );
    }

    #[test]
    fn topics_are_bounded_and_none_is_left_out() {
        let (mut marks, now) = (Marks::default(), Instant::now());
        let mut said = 0;
        for number in 0..TOPICS * 3 {
            marks.given(&topic(&format!("x{number}")), 1, 1, now);
            said += take(&mut marks, now).len();
            assert!(marks.topics.len() <= TOPICS && marks.due.len() == marks.topics.len());
        }
        assert_eq!(said, TOPICS * 2);
        said += std::iter::from_fn(|| marks.next(now, true)).count();
        assert_eq!((said, marks.topics.len(), marks.due.len()), (TOPICS * 3, 0, 0), "the end does not wait");
    }

    #[test]
    fn a_stream_that_ends_is_marked_before_the_next() {
        let (mut marks, now) = (Marks::default(), Instant::now());
        marks.given(&topic("a"), 1, 5, now);
        assert_eq!(marks.end_stream(&topic("a"), 1, now), None);
        assert_eq!(marks.end_stream(&topic("a"), 2, now).map(|mark| (mark.stream, mark.last)), Some((1, 5)));
        assert_eq!((marks.topics.len(), marks.due.len()), (0, 0));
    }
}
