use std::time::Duration;

use super::packet::{Recent, Stamp};

/// How many publishers of a topic are remembered; machines come and go.
const PUBLISHERS: usize = 1024;
/// A mark with a longer delay makes its information about a publisher's first events uncertain.
const TRANSIT: Duration = Duration::from_secs(5);

/// The events that a topic has received from each publisher on other machines, to detect gaps and duplicates.
#[derive(Debug, Default)]
pub(super) struct Heard {
    publishers: Vec<Position>,
    /// There were more than are remembered, so an unknown publisher need not be new.
    has_forgotten: bool,
}

#[derive(Debug, Clone, Copy)]
struct Position {
    publisher: u64,
    stream: u64,
    /// The number of the last event that arrived, or was reported as lost.
    last: u64,
    /// Events up to this number did not arrive, and it is not known yet whether there were subscribers here when they were
    /// published.
    open: u64,
    /// How many of those were reported as lost, as their publisher said.
    told: u64,
}

/// The meaning of a stamp.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is new, and these events are missing before it (or up to it, if it is a mark).
    New(Gap),
    /// It is a duplicate, or older than one that has arrived.
    Stale,
}

/// The missing events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gap {
    pub(super) lost: u64,
    /// There may be more: a publisher's first events, if they were not published just before the topic was subscribed to
    /// here.
    pub(super) perhaps_more: bool,
}

impl Gap {
    fn of(lost: u64) -> Self {
        Self { lost, perhaps_more: false }
    }

    pub(super) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

impl Heard {
    /// Classifies an event, or a mark that announces `recent` events. The broker has delivered the topic for `listening`, if it
    /// does.
    pub(super) fn hear(
        &mut self,
        stamp: &Stamp,
        recent: Option<Recent>,
        listening: Option<Duration>,
    ) -> Verdict {
        let listening = listening.filter(|_| !self.has_forgotten);
        let Some(position) = self.publishers.iter_mut().find(|one| one.publisher == stamp.publisher) else {
            return Verdict::New(self.meet(stamp, recent, listening));
        };
        if stamp.stream < position.stream {
            return Verdict::Stale;
        }
        let settled = recent.map_or(Gap::default(), |recent| position.settle(stamp, recent, listening));
        match (position.advance(stamp, recent.is_none()), settled.is_nothing()) {
            (Some(lost), _) => Verdict::New(Gap { lost: lost.saturating_add(settled.lost), ..settled }),
            (None, false) => Verdict::New(settled),
            (None, true) => Verdict::Stale,
        }
    }

    /// Whether events up to this mark have not arrived, as far as is known.
    pub(super) fn is_behind(&self, mark: &Stamp) -> bool {
        let known = self.publishers.iter().find(|one| one.publisher == mark.publisher);
        known.is_none_or(|position| (mark.stream, mark.number) > (position.stream, position.last))
    }

    /// Events before it were published before there were subscribers here, or were lost in an outage of this machine, or were lost
    /// otherwise. Its publisher knows part of that, and its next mark tells when the rest was published.
    fn meet(&mut self, stamp: &Stamp, recent: Option<Recent>, listening: Option<Duration>) -> Gap {
        if self.publishers.len() >= PUBLISHERS {
            self.publishers.remove(0);
            self.has_forgotten = true;
        }
        let Stamp { publisher, stream, number, doubtful } = *stamp;
        let open = number - u64::from(recent.is_none() && number > 0);
        let mut position = Position { publisher, stream, last: number, open, told: doubtful };
        let settled = recent.map_or(Gap::default(), |recent| position.settle(stamp, recent, listening));
        self.publishers.push(position);
        Gap { lost: settled.lost.saturating_add(doubtful), ..settled }
    }
}

impl Position {
    /// How many are missing before this event or mark; `None` if it is old.
    fn advance(&mut self, stamp: &Stamp, is_event: bool) -> Option<u64> {
        let is_new_stream = stamp.stream != self.stream;
        // A stream is restarted only while its publisher is known here, so all of it should have arrived.
        let before = if is_new_stream { 0 } else { self.last };
        let next = before.checked_add(u64::from(is_event))?;
        let gap = stamp.number.checked_sub(next)?;
        (self.stream, self.last) = (stamp.stream, stamp.number);
        if !is_new_stream {
            return Some(gap);
        }
        (self.open, self.told) = (0, 0);
        Some(gap.max(stamp.doubtful))
    }

    /// Classifies the events before the first that arrived, by the first mark that tells when they were published.
    fn settle(&mut self, mark: &Stamp, recent: Recent, listening: Option<Duration>) -> Gap {
        if recent.events == 0 || self.open == 0 || mark.stream != self.stream {
            return Gap::default();
        }
        let open = std::mem::take(&mut self.open).min(mark.number);
        let earlier = mark.number.saturating_sub(recent.events);
        let missing = open.saturating_sub(earlier).saturating_sub(std::mem::take(&mut self.told));
        match listening.and_then(|listening| listening.checked_sub(recent.age)) {
            Some(before) if before >= TRANSIT => Gap::of(missing),
            // The mark may have been in transit for that long.
            Some(before) if !before.is_zero() => Gap { lost: 0, perhaps_more: missing > 0 },
            _ => Gap::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Option<Duration> = Some(Duration::from_hours(1));

    fn stamp(stream: u64, number: u64, doubtful: u64) -> Stamp {
        Stamp { publisher: 1, stream, number, doubtful }
    }

    fn event(heard: &mut Heard, stream: u64, number: u64, doubtful: u64) -> Verdict {
        heard.hear(&stamp(stream, number, doubtful), None, LONG)
    }

    fn mark(heard: &mut Heard, stream: u64, number: u64, doubtful: u64) -> Verdict {
        heard.hear(&stamp(stream, number, doubtful), Some(Recent::default()), LONG)
    }

    /// A mark for events of the last 5 s, if the topic has been subscribed to for this many seconds.
    fn recent(heard: &mut Heard, number: u64, events: u64, listening: Option<u64>) -> Verdict {
        let recent = Recent { events, age: Duration::from_secs(5) };
        heard.hear(&stamp(1, number, 0), Some(recent), listening.map(Duration::from_secs))
    }

    fn lost(lost: u64) -> Verdict {
        Verdict::New(Gap::of(lost))
    }

    #[test]
    fn gaps_are_counted_and_repetitions_known() {
        let mut heard = Heard::default();
        assert_eq!(event(&mut heard, 1, 7, 0), lost(0), "it begins anywhere");
        assert_eq!(event(&mut heard, 1, 8, 0), lost(0));
        assert_eq!(event(&mut heard, 1, 8, 0), Verdict::Stale);
        assert_eq!(event(&mut heard, 1, 12, 0), lost(3));
        assert_eq!(event(&mut heard, 1, 9, 0), Verdict::Stale, "it was counted as lost");
        assert_eq!(mark(&mut heard, 1, 14, 2), lost(2), "a mark is no event");
        assert_eq!(mark(&mut heard, 1, 14, 2), lost(0));
        assert_eq!(event(&mut heard, 1, 15, 2), lost(0), "it was told already");
        assert_eq!(event(&mut heard, 3, 3, 0), lost(2), "a stream begins at 1");
        assert_eq!(event(&mut heard, 1, 16, 0), Verdict::Stale, "an older stream");
        assert_eq!(mark(&mut heard, 4, 0, 5), lost(5));
    }

    #[test]
    fn a_publisher_that_was_never_heard_says_what_it_lost() {
        assert_eq!(mark(&mut Heard::default(), 1, 7, 7), lost(7));
        assert_eq!(event(&mut Heard::default(), 1, 7, 2), lost(2));
    }

    #[test]
    fn a_mark_tells_of_the_last_events_whoever_listens_when() {
        let mut heard = Heard::default();
        event(&mut heard, 1, 7, 0);
        assert_eq!(recent(&mut heard, 9, 3, Some(5)), lost(2));
        assert_eq!(recent(&mut heard, 9, 3, Some(30)), lost(0), "it is repeated");
        assert_eq!(event(&mut heard, 1, 10, 0), lost(0));
    }

    #[test]
    fn the_first_events_of_a_publisher_are_lost_if_they_were_published_since_the_subscription() {
        let perhaps = Verdict::New(Gap { lost: 0, perhaps_more: true });
        assert_eq!(recent(&mut Heard::default(), 9, 3, Some(10)), lost(3), "6 came to nobody who listens");
        assert_eq!(recent(&mut Heard::default(), 9, 3, Some(9)), perhaps);
        assert_eq!(recent(&mut Heard::default(), 9, 3, Some(5)), lost(0));
        assert_eq!(recent(&mut Heard::default(), 9, 3, None), lost(0));

        let mut heard = Heard::default();
        event(&mut heard, 1, 9, 0);
        assert_eq!(event(&mut heard, 1, 11, 0), lost(1));
        assert_eq!(recent(&mut heard, 11, 5, Some(60)), lost(2), "7 and 8; 10 was told already");
        assert_eq!(recent(&mut heard, 11, 5, Some(60)), lost(0), "once");

        let mut heard = Heard::default();
        event(&mut heard, 1, 9, 2);
        mark(&mut heard, 1, 12, 3);
        assert_eq!(recent(&mut heard, 11, 9, Some(60)), lost(4), "of 3 to 8 two were told");
        assert_eq!(recent(&mut heard, 11, 9, Some(60)), Verdict::Stale);
    }

    /// They come from the broker, and are not trusted.
    #[test]
    fn no_number_is_too_great() {
        let extremes = [0, 1, u64::MAX - 1, u64::MAX];
        let mut heard = Heard::default();
        for (stream, number, doubtful) in extremes
            .iter()
            .flat_map(|stream| extremes.map(|number| (*stream, number)))
            .flat_map(|(stream, number)| extremes.map(|doubtful| (stream, number, doubtful)))
        {
            for events in extremes {
                let recent = Recent { events, age: Duration::MAX };
                for recent in [None, Some(recent), Some(Recent { age: Duration::ZERO, ..recent })] {
                    heard.hear(&stamp(stream, number, doubtful), recent, LONG);
                    Heard::default().hear(&stamp(stream, number, doubtful), recent, LONG);
                }
            }
        }
    }

    #[test]
    fn publishers_are_told_apart_and_bounded() {
        let mut heard = Heard::default();
        for publisher in 0..PUBLISHERS as u64 * 3 {
            heard.hear(&Stamp { publisher, stream: 1, number: 1, doubtful: 0 }, None, LONG);
        }
        assert_eq!(heard.publishers.len(), PUBLISHERS);
        let known = Stamp { publisher: 0, stream: 1, number: 2, doubtful: 0 };
        let recent = Recent { events: 2, age: Duration::ZERO };
        assert_eq!(heard.hear(&known, Some(recent), LONG), lost(0), "its events may have come");
    }
}
