use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;

use super::{
    builder::Settings,
    channel::Channel,
    cursor::Cursor,
    history::{Gap, Position},
    log,
    packet::{self, Body, Packet, Stamp},
    queue::{Entry, Place},
    readers::{Reader, Readers},
    remote::Remote,
    sweep::Sweeping,
};
use crate::{
    Message, Result,
    metrics::{HubCounts, Source},
};

/// Up to this capacity the map is kept: giving so little back would cost more than it frees.
const KEPT: usize = 64;

type Topics = HashMap<Arc<str>, Arc<Channel>>;

/// Channels that were taken out. Foreign code runs when they are dropped.
type Swept = Vec<(Arc<Channel>, Option<Arc<Channel>>)>;

/// A channel that was looked up, and what is left to do once no lock is held.
pub(super) struct Opened {
    channel: Arc<Channel>,
    /// It is new, and other machines are heard already.
    confirms: bool,
    #[expect(dead_code, reason = "it is only dropped")]
    swept: Swept,
    /// What was too old to be kept.
    old: Vec<Entry>,
}

impl Opened {
    pub(super) fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }
}

/// The topics that somebody listens to, and the way to other machines. Encoded messages only: types are the handles'.
#[derive(Debug)]
pub(super) struct Core {
    topics: RwLock<Topics>,
    settings: Settings,
    /// Who reads, where somebody asks.
    readers: Option<Arc<Readers>>,
    remote: Option<Arc<Remote>>,
    sweeping: Sweeping,
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
            sweeping: Sweeping::new(settings.bounds),
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
        let mut message = encode()?;
        let mut channel = found.unwrap_or_else(|| self.open_to_publish(topic));
        if let Some(remote) = &self.remote {
            remote.publish(topic, message.clone());
        }
        channel.counts().published(Source::Here);
        loop {
            match channel.push(message, publisher.and_then(|cursor| cursor.place_in(&channel))) {
                Ok(reached) => {
                    self.relieve();
                    return Ok(reached);
                }
                // It was taken away after it was found.
                Err(retired) => (message, channel) = (retired, self.open_to_publish(topic)),
            }
        }
    }

    fn open_to_publish(&self, topic: &Arc<str>) -> Arc<Channel> {
        let (opened, ()) = self.open(topic, |_| ());
        self.settle(opened)
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
        let mut received = channel.receive(stamp, body);
        while let Err(body) = received {
            // It was taken away after it was found. Nothing is opened: what no one listens to or keeps is not wanted.
            let Some(channel) = self.find(topic) else { return };
            received = channel.receive(stamp, body);
        }
        self.relieve();
        let Ok(gap) = received else { return };
        if let Some(remote) = self.remote.as_ref().filter(|_| !gap.is_nothing()) {
            remote.gap(topic, gap);
        }
    }

    /// A new subscriber of the topic, from now on or from a position. What is opened is to be settled once the place has an owner.
    pub(super) fn enter(&self, topic: &Arc<str>, position: Option<Position>) -> (Opened, Place, Option<Gap>) {
        let (mut opened, (place, gap, old)) = self.open(topic, |channel| match position {
            Some(position) => channel.enter_at(position),
            None => (channel.enter(), None, Vec::new()),
        });
        opened.old = old;
        (opened, place, gap)
    }

    /// The topic, new if need be, and what is done with it while nobody can take it away.
    fn open<F>(&self, topic: &Arc<str>, first: impl FnOnce(&Channel) -> F) -> (Opened, F) {
        // Who records them is foreign code, so they are looked up before the lock, for the case that the topic is new.
        let counts = HubCounts::new(self.settings.name);
        let mut topics = self.write();
        let is_new = !topics.contains_key(topic);
        let is_due = is_new && self.sweeping.is_due_at(topics.len());
        let swept = if is_due { self.sweep(&mut topics) } else { Vec::new() };
        if is_new {
            topics.insert(
                Arc::clone(topic),
                Arc::new(Channel::new(self.settings.bounds, counts, Arc::clone(self.sweeping.kept()))),
            );
        }
        let channel = Arc::clone(&topics[topic]);
        // In the order of the lock, so that the backplane knows how it is in the end.
        let is_heard = !is_new || self.remote.as_ref().is_none_or(|remote| remote.want(topic, &channel));
        let entered = first(&channel);
        drop(topics);
        (Opened { channel, confirms: is_new && is_heard, swept, old: Vec::new() }, entered)
    }

    /// Does what runs foreign code, which may panic.
    pub(super) fn settle(&self, opened: Opened) -> Arc<Channel> {
        self.tell();
        if opened.confirms {
            opened.channel.confirm(false);
        }
        opened.channel
    }

    /// Takes topics out when those without subscribers keep too much.
    fn relieve(&self) {
        if self.sweeping.is_over() {
            let mut topics = self.write();
            let swept = self.sweep(&mut topics);
            drop(topics);
            self.tell();
            drop(swept);
        }
    }

    /// Takes out topics that nobody listens to and whose history is too old, or one of too many, or of too many bytes: those first that were
    /// published to longest ago. The one that was published to last stays.
    fn sweep(&self, topics: &mut Topics) -> Swept {
        let mut idle: Vec<_> =
            topics.iter().filter_map(|(topic, channel)| Some((channel.idle()?, Arc::clone(topic)))).collect();
        idle.sort_unstable_by_key(|(idle, _)| *idle);
        let mut look = self.sweeping.look(idle.len());
        let mut swept = Vec::new();
        for (idle, topic) in idle {
            if !look.takes(idle) {
                break;
            }
            if topics[&topic].retire(idle) {
                let wanted = self.remote.as_ref().and_then(|remote| remote.give_up(&topic));
                swept.extend(topics.remove(&topic).map(|channel| (channel, wanted)));
            }
        }
        give_back(topics);
        self.sweeping.has_looked(topics.len());
        swept
    }

    /// A subscriber goes; the last one takes the topic along.
    pub(super) fn leave(&self, topic: &Arc<str>, channel: &Channel, place: &Place) {
        let mut topics = self.write();
        let leaving = channel.leave(place);
        let freed = if leaving.is_retired { topics.remove(topic) } else { None };
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
        self.relieve();
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
