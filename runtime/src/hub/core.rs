use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
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
    presence::{self, Registry},
    queue::{Entry, Own, Place},
    readers::{Reader, Readers},
    remote::{Listener, Remote},
    shared::Parcel,
    sweep::Sweeping,
};
use crate::{
    Message, Result,
    metrics::{HubCounts, Source},
};

/// The map keeps this capacity: returning so little memory would cost more than it frees.
const KEPT: usize = 64;

/// A topic and its channel.
#[cfg(feature = "console")]
type Named = (Arc<str>, Arc<Channel>);

type Topics = HashMap<Arc<str>, Arc<Channel>>;

/// Channels that were removed. Dropping them runs foreign code.
type Swept = Vec<(Arc<Channel>, Option<Arc<dyn Listener>>)>;

/// A channel that was looked up, and the work that is left once no lock is held.
pub(super) struct Opened {
    channel: Arc<Channel>,
    /// It is new, and events of other machines already arrive.
    confirms: bool,
    #[expect(dead_code, reason = "it is only dropped")]
    swept: Swept,
    /// Events that have expired.
    old: Vec<Entry>,
    /// The broker is asked for what it has kept.
    awaits: bool,
}

impl Opened {
    pub(super) fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }
}

/// The topics with subscribers, and the link to other machines. It handles only encoded messages; the handles have the
/// types.
#[derive(Debug)]
pub(super) struct Core {
    topics: RwLock<Topics>,
    settings: Settings,
    /// The tasks that read, if this is tracked.
    readers: Option<Arc<Readers>>,
    remote: Option<Arc<Remote>>,
    sweeping: Sweeping,
    /// Who is present, once that is asked.
    presence: OnceLock<Arc<Registry>>,
    /// No handle is left that can publish.
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
            presence: OnceLock::new(),
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

    pub(super) fn presence(&self) -> &Arc<Registry> {
        self.presence.get_or_init(|| Arc::new(Registry::new(self.remote.clone())))
    }

    /// Delivers an event to the subscribers here, and to other machines. It is encoded only if it may be needed.
    pub(super) fn publish(
        &self,
        topic: &Arc<str>,
        publisher: Option<&Cursor>,
        encode: impl FnOnce() -> Result<Message>,
    ) -> Result<usize> {
        let found = self.find(topic);
        if let Some(remote) = self.remote.as_ref().filter(|_| self.settings.bounds.is_shared()) {
            return Ok(self.publish_shared(remote, topic, found.as_deref(), publisher, encode()?));
        }
        if found.is_none() && self.settings.bounds.history.is_none() {
            if let Some(remote) = &self.remote {
                remote.publish(topic, encode()?, None);
            }
            HubCounts::unheard(self.settings.name, Source::Here);
            return Ok(0);
        }
        let mut message = encode()?;
        let mut channel = found.unwrap_or_else(|| self.open_to_publish(topic));
        if let Some(remote) = &self.remote {
            remote.publish(topic, message.clone(), None);
        }
        channel.counts().published(Source::Here);
        loop {
            match channel.push(message, publisher.and_then(|cursor| cursor.place_in(&channel))) {
                Ok(reached) => {
                    self.relieve();
                    return Ok(reached);
                }
                // It was removed after it was found.
                Err(retired) => (message, channel) = (retired, self.open_to_publish(topic)),
            }
        }
    }

    /// To the broker, which returns it with a position.
    fn publish_shared(
        &self,
        remote: &Remote,
        topic: &Arc<str>,
        channel: Option<&Channel>,
        publisher: Option<&Cursor>,
        message: Message,
    ) -> usize {
        let Some(channel) = channel else {
            HubCounts::unheard(self.settings.name, Source::Here);
            remote.publish(topic, message, None);
            return 0;
        };
        let from = publisher.and_then(|cursor| channel.ticket(cursor.place_in(channel)?));
        remote.publish(topic, message, from);
        channel.counts().published(Source::Here);
        channel.subscribers() - usize::from(from.is_some())
    }

    fn open_to_publish(&self, topic: &Arc<str>) -> Arc<Channel> {
        let (opened, ()) = self.open(topic, |_| ());
        self.settle(topic, opened)
    }

    /// Delivers an event from another machine to the subscribers here; `false` if the hub has ended.
    pub(super) fn deliver(&self, topic: &str, packet: Bytes) -> bool {
        if self.ended.load(Ordering::Acquire) {
            return false;
        }
        if let Some(whom) = presence::internal(topic) {
            if let Some(presence) = self.presence.get() {
                presence.deliver(whom, packet);
            }
            return true;
        }
        match packet::read(packet) {
            Packet::Foreign(message) => self.hand_out(topic, None, Body::Event(message)),
            Packet::Stamped(stamp, body @ Body::Mark(_), _) if self.settings.bounds.is_shared() => {
                self.take_mark(topic, stamp, body);
            }
            Packet::Stamped(stamp, body, _) if !self.is_own(&stamp) => {
                self.hand_out(topic, Some(&stamp), body);
            }
            Packet::Stamped(..) => {}
            Packet::Unknown => log::unreadable(topic),
        }
        true
    }

    /// Delivers an event of a history that the broker keeps; `false` if the hub has ended.
    pub(super) fn deliver_at(&self, topic: &str, at: (u64, u64), packet: Bytes) -> bool {
        if self.ended.load(Ordering::Acquire) {
            return false;
        }
        if !self.settings.bounds.is_shared() || presence::internal(topic).is_some() {
            return self.deliver(topic, packet);
        }
        let Some(mut parcel) = Parcel::read(packet) else {
            log::unreadable(topic);
            return true;
        };
        let Some(channel) = self.find(topic) else {
            HubCounts::unheard(self.settings.name, Source::Backplane);
            return true;
        };
        if parcel.stamp.is_none_or(|stamp| !self.is_own(&stamp)) {
            channel.counts().published(Source::Backplane);
            // It means a subscription of the machine that has published it.
            parcel.from = None;
        }
        let received = channel.receive_at(at, parcel);
        self.relieve();
        if let Some(remote) = &self.remote {
            remote.received(topic, &received);
        }
        true
    }

    /// Of this machine as well: it may tell of an event that did not reach the broker.
    fn take_mark(&self, topic: &str, stamp: Stamp, mark: Body) {
        let (Some(channel), Some(remote)) = (self.find(topic), &self.remote) else { return };
        remote.received(topic, &channel.receive_mark(stamp, mark));
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
            // It was removed after it was found. No channel is created: a topic without subscribers or history is not
            // wanted.
            let Some(channel) = self.find(topic) else { return };
            received = channel.receive(stamp, body);
        }
        self.relieve();
        let Ok(gap) = received else { return };
        if let Some(remote) = self.remote.as_ref().filter(|_| !gap.is_nothing()) {
            remote.gap(topic, gap);
        }
    }

    /// Adds a subscriber to the topic, from now on or from a position. The remaining work is done once the seat has an owner.
    pub(super) fn enter(&self, topic: &Arc<str>, position: Option<Position>) -> (Opened, Place, Option<Gap>) {
        let is_shared = self.settings.bounds.is_shared();
        let own =
            self.remote.as_ref().filter(|_| is_shared).map_or(Own::default(), |remote| remote.own(topic));
        let (mut opened, (place, gap, old)) = self.open(topic, |channel| match position {
            Some(position) => channel.enter_at(position),
            None => (channel.enter(own), None, Vec::new()),
        });
        opened.old = old;
        opened.awaits = opened.channel.is_awaited();
        (opened, place, gap)
    }

    /// Calls the function with the topic, which is created if necessary, while it cannot be removed.
    fn open<F>(&self, topic: &Arc<str>, first: impl FnOnce(&Channel) -> F) -> (Opened, F) {
        // The recorder is foreign code, so counters are looked up before the lock, in case the topic is new.
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
        // In the order of the lock, so that the backplane knows the final state.
        let is_heard = !is_new || self.want(topic, &channel);
        let entered = first(&channel);
        drop(topics);
        (Opened { channel, confirms: is_new && is_heard, swept, old: Vec::new(), awaits: false }, entered)
    }

    fn want(&self, topic: &Arc<str>, channel: &Arc<Channel>) -> bool {
        let listener: Arc<dyn Listener> = Arc::<Channel>::clone(channel);
        self.remote.as_ref().is_none_or(|remote| remote.want(topic, &listener))
    }

    /// Does the work that runs foreign code, which may panic.
    pub(super) fn settle(&self, topic: &str, opened: Opened) -> Arc<Channel> {
        self.tell();
        if let Some(remote) = self.remote.as_ref().filter(|_| opened.awaits) {
            remote.order_again(topic);
        } else if opened.confirms {
            opened.channel.confirm(false);
        }
        opened.channel
    }

    /// Removes topics if those without subscribers keep too much.
    fn relieve(&self) {
        if self.sweeping.is_over() {
            let mut topics = self.write();
            let swept = self.sweep(&mut topics);
            drop(topics);
            self.tell();
            drop(swept);
        }
    }

    /// Removes topics without subscribers whose history has expired, or that exceed the limits on topics or bytes: those that were published
    /// to least recently first. The most recent one is kept.
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

    /// Removes a subscriber; the last one removes the topic.
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

    /// Records that no handle is left that can publish.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        if let Some(presence) = self.presence.get() {
            presence.end();
        }
        if let Some(remote) = &self.remote {
            remote.end();
        }
        let channels: Vec<_> = self.read().values().cloned().collect();
        for channel in channels {
            channel.end();
        }
    }

    /// Whether an event of the topic can reach a subscriber, now or through a history.
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

    /// At most this many topics, and how many there are.
    #[cfg(feature = "console")]
    pub(super) fn some(&self, most: usize) -> (Vec<Named>, usize) {
        let topics = self.read();
        let some = topics.iter().take(most).map(|(name, channel)| (Arc::clone(name), Arc::clone(channel)));
        (some.collect(), topics.len())
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

/// Returns memory once most of it is unused. Half of what is kept stays free, so that topics that are created and removed
/// around the threshold do not move the map each time.
fn give_back(topics: &mut Topics) {
    if topics.capacity() > KEPT && topics.len() < topics.capacity() / 8 {
        topics.shrink_to(topics.len() * 2);
    }
}
