use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    builder::Settings,
    channel::Channel,
    cursor::Cursor,
    history::{Gap, Position},
    log,
    packet::{self, Body, Packet, Stamp},
    queue::Place,
    readers::{Reader, Readers},
    remote::Remote,
};
use crate::{
    Message, Result,
    metrics::{HubCounts, Source},
};

/// Up to this capacity the map is kept: giving so little back would cost more than it frees.
const KEPT: usize = 64;

/// How many topics without subscribers keep their history.
const KEPT_TOPICS: usize = 10_000;

/// So few topics are not worth a look for those that nobody comes back for.
const SWEPT: usize = 64;

type Topics = HashMap<Arc<str>, Arc<Channel>>;

/// The topics that somebody listens to, and the way to other machines. Encoded messages only: types are the handles'.
#[derive(Debug)]
pub(super) struct Core {
    topics: RwLock<Topics>,
    settings: Settings,
    /// Who reads, where somebody asks.
    readers: Option<Arc<Readers>>,
    remote: Option<Arc<Remote>>,
    /// From so many topics on it is worth looking for those that nobody comes back for. Changed under the lock on the topics.
    sweep_at: AtomicUsize,
    /// Nobody can publish any more.
    ended: AtomicBool,
}

impl Core {
    pub(super) fn new(
        settings: Settings,
        readers: Option<Arc<Readers>>,
        remote: Option<Arc<Remote>>,
    ) -> Self {
        Self {
            topics: RwLock::default(),
            settings,
            readers,
            remote,
            sweep_at: AtomicUsize::new(SWEPT),
            ended: AtomicBool::new(false),
        }
    }

    pub(super) fn settings(&self) -> Settings {
        self.settings
    }

    pub(super) fn reader(&self) -> Reader {
        Reader::new(self.readers.as_ref())
    }

    pub(super) fn remote(&self) -> Option<&Arc<Remote>> {
        self.remote.as_ref()
    }

    /// Hands an event to the subscribers here, and to the other machines. It is encoded only if somebody may want it.
    pub(super) fn publish(
        &self,
        topic: &Arc<str>,
        publisher: Option<&Cursor>,
        encode: impl FnOnce() -> Result<Message>,
    ) -> Result<usize> {
        let found = self.find(topic);
        if found.is_none() && self.settings.bounds.history.is_none() {
            if let Some(remote) = &self.remote {
                remote.publish(topic, encode()?);
            }
            HubCounts::unheard(self.settings.name, Source::Here);
            return Ok(0);
        }
        let message = encode()?;
        let channel = found.unwrap_or_else(|| self.open(topic, |_| ()).0);
        if let Some(remote) = &self.remote {
            remote.publish(topic, message.clone());
        }
        channel.counts().published(Source::Here);
        Ok(channel.push(message, publisher.and_then(|cursor| cursor.place_in(&channel))))
    }

    /// Hands what has come from another machine to the subscribers here; `false` when the hub has ended.
    pub(super) fn deliver(&self, topic: &str, packet: Bytes) -> bool {
        if self.ended.load(Ordering::Acquire) {
            return false;
        }
        match packet::read(packet) {
            Packet::Foreign(message) => self.hand_out(topic, None, Body::Event(message)),
            Packet::Stamped(stamp, body) if !self.is_own(&stamp) => self.hand_out(topic, Some(&stamp), body),
            Packet::Stamped(..) => {}
            Packet::Unknown => log::unreadable(topic),
        }
        true
    }

    fn is_own(&self, stamp: &Stamp) -> bool {
        self.remote.as_ref().is_some_and(|remote| remote.publisher() == stamp.publisher)
    }

    fn hand_out(&self, topic: &str, stamp: Option<&Stamp>, body: Body) {
        let is_event = matches!(body, Body::Event(_));
        let Some(channel) = self.find(topic) else {
            if is_event {
                HubCounts::unheard(self.settings.name, Source::Backplane);
            }
            return;
        };
        if is_event {
            channel.counts().published(Source::Backplane);
        }
        let gap = channel.receive(stamp, body);
        if let Some(remote) = self.remote.as_ref().filter(|_| !gap.is_nothing()) {
            remote.gap(topic, gap);
        }
    }

    /// A new subscriber of the topic, from now on or from a position.
    pub(super) fn enter(
        &self,
        topic: &Arc<str>,
        position: Option<Position>,
    ) -> (Arc<Channel>, Place, Option<Gap>) {
        let (channel, (place, gap)) = self.open(topic, |channel| match position {
            Some(position) => channel.enter_at(position),
            None => (channel.enter(), None),
        });
        channel.counts().subscribed();
        (channel, place, gap)
    }

    /// The topic, new if need be, and what is done with it while nobody can take it away.
    fn open<F>(&self, topic: &Arc<str>, first: impl FnOnce(&Channel) -> F) -> (Arc<Channel>, F) {
        // Who records them is foreign code, so they are looked up before the lock, for the case that the topic is new.
        let counts = HubCounts::new(self.settings.name);
        let mut topics = self.write();
        let is_new = !topics.contains_key(topic);
        if is_new {
            topics.insert(Arc::clone(topic), Arc::new(Channel::new(self.settings.bounds, counts)));
        }
        let channel = Arc::clone(&topics[topic]);
        // In the order of the lock, so that the backplane knows how it is in the end.
        let is_heard = !is_new || self.remote.as_ref().is_none_or(|remote| remote.want(topic, &channel));
        let entered = first(&channel);
        let swept = if is_new { self.sweep(&mut topics) } else { Vec::new() };
        drop(topics);
        if is_new && is_heard {
            channel.confirm(false);
        }
        self.tell();
        drop(swept);
        (channel, entered)
    }

    /// Takes out topics that nobody listens to and whose history is too old, or is one of too many.
    fn sweep(&self, topics: &mut Topics) -> Vec<(Arc<Channel>, Option<Arc<Channel>>)> {
        let Some(history) = self.settings.bounds.history else { return Vec::new() };
        if topics.len() < self.sweep_at.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut idle: Vec<_> = topics
            .iter()
            .filter_map(|(topic, channel)| Some((channel.idle_since()?, Arc::clone(topic))))
            .collect();
        idle.sort_unstable_by_key(|(since, _)| *since);
        let surplus = idle.len().saturating_sub(KEPT_TOPICS);
        let is_over = |(index, since): (usize, &Instant)| index < surplus || since.elapsed() > history.age;
        let over = idle.iter().enumerate().take_while(|(index, (since, _))| is_over((*index, since)));
        let swept = over.filter_map(|(_, (_, topic))| {
            let channel = topics.remove(topic)?;
            Some((channel, self.remote.as_ref().and_then(|remote| remote.give_up(topic))))
        });
        let swept = swept.collect();
        give_back(topics);
        // In proportion to what is left, so that each topic pays for a bounded part of a look.
        self.sweep_at.store(SWEPT.max(topics.len() + topics.len().min(KEPT_TOPICS)), Ordering::Relaxed);
        swept
    }

    /// A subscriber goes; the last one takes the topic along.
    pub(super) fn leave(&self, topic: &Arc<str>, channel: &Channel, place: &Place) {
        let mut topics = self.write();
        let leaving = channel.leave(place);
        let is_done = leaving.others == 0 && !leaving.is_kept;
        let freed = if is_done { topics.remove(topic) } else { None };
        let mut wanted = None;
        if freed.is_some() {
            give_back(&mut topics);
            wanted = self.remote.as_ref().and_then(|remote| remote.give_up(topic));
        }
        drop(topics);
        // Before foreign code runs, which may panic.
        self.tell();
        channel.counts().left();
        drop((freed, wanted, leaving));
    }

    /// Says that nobody can publish any more.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        if let Some(remote) = &self.remote {
            remote.end();
        }
        let channels: Vec<_> = self.read().values().cloned().collect();
        for channel in channels {
            channel.end();
        }
    }

    /// Whether an event of the topic could reach anybody, now or out of a history.
    #[cfg(feature = "log-stream")]
    pub(super) fn is_heard(&self, topic: &str) -> bool {
        self.remote.is_some() || self.settings.bounds.history.is_some() || self.read().contains_key(topic)
    }

    pub(super) fn topics(&self) -> usize {
        match self.settings.bounds.history {
            Some(_) => self.read().values().filter(|channel| channel.subscribers() > 0).count(),
            None => self.read().len(),
        }
    }

    pub(super) fn subscribers(&self, topic: &str) -> usize {
        self.find(topic).map_or(0, |channel| channel.subscribers())
    }

    fn tell(&self) {
        if let Some(remote) = &self.remote {
            remote.tell();
        }
    }

    fn find(&self, topic: &str) -> Option<Arc<Channel>> {
        self.read().get(topic).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, Topics> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Topics> {
        self.topics.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives memory back once most of it is unused. Half of what is kept stays free, so that topics which come and go at the edge
/// do not move the map each time.
fn give_back(topics: &mut Topics) {
    if topics.capacity() > KEPT && topics.len() < topics.capacity() / 8 {
        topics.shrink_to(topics.len() * 2);
    }
}
