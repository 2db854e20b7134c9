use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use tokio::time::Instant;

use super::{
    super::{
        packet::{Body, Recent, Stamp, Ticket},
        queue::Own,
    },
    backoff::{backoff, random},
    marks::{Mark, Marks},
};
use crate::Message;

/// How much can wait for the broker.
const EVENTS: usize = 8192;
const BYTES: usize = 16 << 20;
/// How many topics are numbered; beyond that, those that were published to least recently are forgotten.
const NUMBERED: usize = 8192;
/// How many topics with lost events are remembered until their subscribers can be notified.
const DOUBTS: usize = 65_536;

/// Published events on their way to the broker.
///
/// An event gets its number whether it can be sent or not, so that the receiver of the next one detects a gap. Events that may be lost
/// are recorded as a doubt of their topic, and reported with the topic's next packet, or, if there is none, in a mark. Events that the
/// broker has received may be lost as well, so a mark carries the latest number of each topic.
#[derive(Debug)]
pub(super) struct Outgoing {
    publisher: u64,
    queue: VecDeque<Parcel>,
    bytes: usize,
    streams: Streams,
    doubts: BTreeMap<Arc<str>, Doubt>,
    marks: Marks,
    /// Marks of doubts wait until then: the broker has refused this many in a row.
    marks_from: Option<Instant>,
    failed: u32,
    overflow: Overflow,
}

/// Whether there were more doubts than are kept, since there were none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overflow {
    No,
    Unsaid,
    Said,
}

/// An event, or a mark, to send to the broker.
#[derive(Debug)]
pub(in crate::hub) struct Parcel {
    pub(in crate::hub) topic: Arc<str>,
    pub(in crate::hub) stamp: Stamp,
    pub(in crate::hub) body: Body,
    /// The subscription that does not receive it.
    pub(in crate::hub) from: Option<Ticket>,
}

#[derive(Debug)]
struct Doubt {
    stream: u64,
    last: u64,
    events: u64,
}

/// Why an event is not sent. It holds the event, whose drop runs foreign code.
#[derive(Debug)]
pub(super) struct Unsent {
    pub(super) reason: &'static str,
    _message: Message,
}

impl Outgoing {
    pub(super) fn new() -> Self {
        Self {
            publisher: random(),
            queue: VecDeque::new(),
            bytes: 0,
            streams: Streams::default(),
            doubts: BTreeMap::new(),
            marks: Marks::default(),
            marks_from: None,
            failed: 0,
            overflow: Overflow::No,
        }
    }

    pub(super) fn publisher(&self) -> u64 {
        self.publisher
    }

    /// The last event of the topic that was published.
    pub(super) fn reached(&self, topic: &str) -> Own {
        self.streams.reached(topic)
    }

    pub(super) fn push(
        &mut self,
        topic: &Arc<str>,
        message: Message,
        from: Option<Ticket>,
        connected: bool,
    ) -> Result<(), Unsent> {
        let (stream, number) = self.streams.number(topic);
        let reason = if !connected {
            "there is no connection to the broker"
        } else if self.queue.len() >= EVENTS
            || self.bytes.saturating_add(message.len()) > BYTES.max(message.len())
        {
            "too many events are waiting for the broker"
        } else {
            let doubtful = self.doubts.remove(topic).map_or(0, |doubt| doubt.events);
            let stamp = Stamp { publisher: self.publisher, stream, number, doubtful };
            self.bytes += message.len();
            self.queue.push_back(Parcel {
                topic: Arc::clone(topic),
                stamp,
                body: Body::Event(message),
                from,
            });
            return Ok(());
        };
        self.doubt(topic, &Stamp { publisher: self.publisher, stream, number, doubtful: 0 }, 1);
        Err(Unsent { reason, _message: message })
    }

    /// The next parcel. If `ended`, nothing follows, so marks that would be due later are sent now.
    pub(super) fn pop(&mut self, now: Instant, ended: bool) -> Option<Parcel> {
        if let Some(mark) = self.pop_mark(now, ended) {
            return Some(self.parcel_of(mark));
        }
        self.pop_event(now).or_else(|| self.pop_doubt(now))
    }

    /// A mark of events that the broker has already received, so it may overtake queued events. There is at most one for each of those,
    /// so it does not delay them.
    fn pop_mark(&mut self, now: Instant, ended: bool) -> Option<Mark> {
        let Some(next) = self.queue.front() else { return self.marks.next(now, ended) };
        let ending = self.marks.end_stream(&next.topic, next.stamp.stream, now);
        ending.or_else(|| self.marks.next(now, false))
    }

    fn parcel_of(&self, Mark { topic, stream, last, recent }: Mark) -> Parcel {
        let stamp = Stamp { publisher: self.publisher, stream, number: last, doubtful: 0 };
        Parcel { topic, stamp, body: Body::Mark(recent), from: None }
    }

    fn pop_event(&mut self, now: Instant) -> Option<Parcel> {
        let parcel = self.queue.pop_front()?;
        if let Body::Event(message) = &parcel.body {
            self.bytes -= message.len();
        }
        if self.queue.is_empty() && self.queue.capacity() > 64 {
            self.queue.shrink_to(64);
        }
        self.marks.given(&parcel.topic, parcel.stamp.stream, parcel.stamp.number, now);
        Some(parcel)
    }

    /// A mark of doubts. It is sent when nothing else waits, since its numbers come after those of the queue.
    fn pop_doubt(&mut self, now: Instant) -> Option<Parcel> {
        if self.marks_from.is_some_and(|from| now < from) {
            return None;
        }
        let (topic, doubt) = self.doubts.pop_first()?;
        if self.doubts.is_empty() {
            self.overflow = Overflow::No;
        }
        let stamp = Stamp {
            publisher: self.publisher,
            stream: doubt.stream,
            number: doubt.last,
            doubtful: doubt.events,
        };
        Some(Parcel { topic, stamp, body: Body::Mark(Recent::default()), from: None })
    }

    /// When the next delayed mark is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let doubts = self.marks_from.filter(|_| !self.doubts.is_empty());
        doubts.into_iter().chain(self.marks.due()).min()
    }

    /// The broker may not have received this event.
    pub(super) fn doubt_event(&mut self, topic: &Arc<str>, stamp: &Stamp, now: Instant) {
        self.doubt(topic, stamp, 1);
        self.hold_marks(now);
    }

    /// The broker may not have received this mark.
    pub(super) fn doubt_mark(&mut self, topic: &Arc<str>, stamp: &Stamp, recent: Recent, now: Instant) {
        let again = self.hold_marks(now);
        if recent.events > 0 {
            self.marks.again(topic, again);
        } else {
            self.doubt(topic, stamp, 0);
        }
    }

    /// The broker accepts packets, as far as is known.
    pub(super) fn trust(&mut self) {
        (self.marks_from, self.failed) = (None, 0);
    }

    /// The broker has not accepted something, although there is a connection: marks are delayed, since it might not accept them
    /// either. Returns until when.
    fn hold_marks(&mut self, now: Instant) -> Instant {
        let until = now + backoff(self.failed);
        self.marks_from = Some(until);
        self.failed = self.failed.saturating_add(1);
        until
    }

    /// The connection is lost, and so are the queued events. Returns them, since dropping them runs foreign code.
    pub(super) fn lost(&mut self) -> VecDeque<Parcel> {
        self.bytes = 0;
        let parcels = std::mem::take(&mut self.queue);
        for parcel in &parcels {
            self.doubt(&parcel.topic, &parcel.stamp, 1);
        }
        parcels
    }

    /// Records that events up to this one may be lost, and the doubts that its packet was to report. If there are too many such topics,
    /// the subscribers of this one detect the loss only by the numbers of its later events.
    fn doubt(&mut self, topic: &Arc<str>, stamp: &Stamp, events: u64) {
        if self.doubts.len() >= DOUBTS && !self.doubts.contains_key(topic) {
            if self.overflow == Overflow::No {
                self.overflow = Overflow::Unsaid;
            }
            return;
        }
        let doubt = self.doubts.entry(Arc::clone(topic)).or_insert(Doubt { stream: 0, last: 0, events: 0 });
        (doubt.stream, doubt.last) = (doubt.stream, doubt.last).max((stamp.stream, stamp.number));
        doubt.events += events + stamp.doubtful;
    }

    /// Whether to report that there are more doubts than are kept. Once.
    pub(super) fn has_overflown(&mut self) -> bool {
        let is_news = self.overflow == Overflow::Unsaid;
        if is_news {
            self.overflow = Overflow::Said;
        }
        is_news
    }
}

/// Numbers the events of each topic. Over time there can be many topics, so those that were published to least recently are
/// forgotten: their next event begins a stream with a greater number. Topics are kept in generations, which needs neither a clock
/// nor a list.
#[derive(Debug, Default)]
struct Streams {
    young: HashMap<Arc<str>, Stream>,
    old: HashMap<Arc<str>, Stream>,
    begun: u64,
}

#[derive(Debug, Clone, Copy)]
struct Stream {
    id: u64,
    last: u64,
}

impl Streams {
    fn number(&mut self, topic: &Arc<str>) -> (u64, u64) {
        if !self.young.contains_key(topic) {
            let stream = self.old.remove(topic).unwrap_or_else(|| self.begin());
            if self.young.len() >= NUMBERED {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(Arc::clone(topic), stream);
        }
        // It exists: it was inserted if it was missing.
        let stream = self.young.get_mut(topic).map(|stream| {
            stream.last += 1;
            *stream
        });
        stream.map_or((0, 0), |stream| (stream.id, stream.last))
    }

    /// The next stream is the first that begins after now.
    fn reached(&self, topic: &str) -> Own {
        let stream = self.young.get(topic).or_else(|| self.old.get(topic));
        stream.map_or((self.begun, u64::MAX), |stream| (stream.id, stream.last))
    }

    fn begin(&mut self) -> Stream {
        self.begun += 1;
        Stream { id: self.begun, last: 0 }
    }
}
