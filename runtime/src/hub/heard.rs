use super::packet::Stamp;

/// How many publishers of a topic are kept in mind; machines come and go.
const PUBLISHERS: usize = 1024;

/// What a topic has heard of each publisher on other machines, so that a gap or a repetition is seen.
#[derive(Debug, Default)]
pub(super) struct Heard {
    publishers: Vec<Position>,
}

#[derive(Debug, Clone, Copy)]
struct Position {
    publisher: u64,
    stream: u64,
    /// The number of the last event that came, or that was told to be lost.
    last: u64,
}

/// What a stamp says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is new, and so many events before it (or up to it, if it is a mark) have not come.
    New { lost: u64 },
    /// It has been here, or comes after later ones.
    Stale,
}

impl Heard {
    pub(super) fn hear(&mut self, stamp: &Stamp, is_event: bool) -> Verdict {
        let Some(position) = self.publishers.iter_mut().find(|one| one.publisher == stamp.publisher) else {
            self.meet(stamp);
            // What else came before it was published before anybody here listened, or went with an outage of this machine's own.
            return Verdict::New { lost: stamp.doubtful };
        };
        if stamp.stream < position.stream {
            return Verdict::Stale;
        }
        // A stream is begun anew only while its publisher is known here, so all of it should have come.
        let before = if stamp.stream == position.stream { position.last } else { 0 };
        let next = before + u64::from(is_event);
        if stamp.number < next {
            return Verdict::Stale;
        }
        let gap = stamp.number - next;
        let is_new_stream = stamp.stream != position.stream;
        *position = Position { publisher: stamp.publisher, stream: stamp.stream, last: stamp.number };
        Verdict::New { lost: if is_new_stream { gap.max(stamp.doubtful) } else { gap } }
    }

    fn meet(&mut self, stamp: &Stamp) {
        if self.publishers.len() >= PUBLISHERS {
            self.publishers.remove(0);
        }
        let Stamp { publisher, stream, number, .. } = *stamp;
        self.publishers.push(Position { publisher, stream, last: number });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(heard: &mut Heard, stream: u64, number: u64, doubtful: u64, is_event: bool) -> Verdict {
        heard.hear(&Stamp { publisher: 1, stream, number, doubtful }, is_event)
    }

    #[test]
    fn gaps_are_counted_and_repetitions_known() {
        let mut heard = Heard::default();
        assert_eq!(hear(&mut heard, 1, 7, 0, true), Verdict::New { lost: 0 }, "it begins anywhere");
        assert_eq!(hear(&mut heard, 1, 8, 0, true), Verdict::New { lost: 0 });
        assert_eq!(hear(&mut heard, 1, 8, 0, true), Verdict::Stale);
        assert_eq!(hear(&mut heard, 1, 12, 0, true), Verdict::New { lost: 3 });
        assert_eq!(hear(&mut heard, 1, 9, 0, true), Verdict::Stale, "it was counted as lost");
        assert_eq!(hear(&mut heard, 1, 14, 2, false), Verdict::New { lost: 2 }, "a mark is no event");
        assert_eq!(hear(&mut heard, 1, 14, 2, false), Verdict::New { lost: 0 });
        assert_eq!(hear(&mut heard, 1, 15, 2, true), Verdict::New { lost: 0 }, "it was told already");
        assert_eq!(hear(&mut heard, 3, 3, 0, true), Verdict::New { lost: 2 }, "a stream begins at 1");
        assert_eq!(hear(&mut heard, 1, 16, 0, true), Verdict::Stale, "an older stream");
        assert_eq!(hear(&mut heard, 4, 0, 5, false), Verdict::New { lost: 5 });
    }

    #[test]
    fn a_publisher_that_was_never_heard_says_what_it_lost() {
        assert_eq!(hear(&mut Heard::default(), 1, 7, 7, false), Verdict::New { lost: 7 });
        assert_eq!(hear(&mut Heard::default(), 1, 7, 2, true), Verdict::New { lost: 2 });
    }

    #[test]
    fn publishers_are_told_apart_and_bounded() {
        let mut heard = Heard::default();
        for publisher in 0..PUBLISHERS as u64 * 3 {
            heard.hear(&Stamp { publisher, stream: 1, number: 1, doubtful: 0 }, true);
        }
        assert_eq!(heard.publishers.len(), PUBLISHERS);
    }
}
