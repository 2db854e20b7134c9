use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    builder::Settings,
    channel::{Channel, Place},
    readers::{Reader, Readers},
    remote::{Change, Remote},
};
use crate::{Message, Result};

type Topics = HashMap<Arc<str>, Arc<Channel>>;

/// The topics that somebody listens to, and the way to other machines. Encoded messages only: types are the handles'.
#[derive(Debug)]
pub(super) struct Core {
    topics: RwLock<Topics>,
    settings: Settings,
    /// Who reads, where somebody asks.
    readers: Option<Arc<Readers>>,
    remote: Option<Remote>,
    /// Nobody can publish any more.
    ended: AtomicBool,
}

impl Core {
    pub(super) fn new(settings: Settings, readers: Option<Arc<Readers>>, remote: Option<Remote>) -> Self {
        Self { topics: RwLock::default(), settings, readers, remote, ended: AtomicBool::new(false) }
    }

    pub(super) fn settings(&self) -> Settings {
        self.settings
    }

    pub(super) fn reader(&self) -> Reader {
        Reader::new(self.readers.as_ref())
    }

    pub(super) fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref()
    }

    /// Hands an event to the subscribers here, and to the other machines. It is encoded only if somebody may want it.
    pub(super) fn publish(&self, topic: &str, encode: impl FnOnce() -> Result<Message>) -> Result<usize> {
        let channel = self.find(topic);
        if channel.is_none() && self.remote.is_none() {
            return Ok(0);
        }
        let message = encode()?;
        if let Some(remote) = &self.remote {
            remote.publish(topic, message.clone());
        }
        Ok(channel.map_or(0, |channel| channel.push(message)))
    }

    /// Hands an event of another machine to the subscribers here; `false` when the hub has ended.
    pub(super) fn deliver(&self, topic: &str, message: Message) -> bool {
        if self.ended.load(Ordering::Acquire) {
            return false;
        }
        if let Some(channel) = self.find(topic) {
            channel.push(message);
        }
        true
    }

    /// A new subscriber of the topic.
    pub(super) fn enter(&self, topic: &Arc<str>) -> (Arc<Channel>, Place) {
        let mut topics = self.write();
        if !topics.contains_key(topic) {
            topics.insert(Arc::clone(topic), Arc::new(Channel::new(self.settings.queue)));
            self.note(Change::Subscribe(Arc::clone(topic)));
        }
        let channel = Arc::clone(&topics[topic]);
        let place = channel.enter();
        drop(topics);
        self.tell();
        (channel, place)
    }

    /// A subscriber goes; the last one takes the topic along.
    pub(super) fn leave(&self, topic: &Arc<str>, channel: &Channel, place: &Place) {
        let mut topics = self.write();
        let freed = if channel.leave(place) == 0 { topics.remove(topic) } else { None };
        if freed.is_some() {
            self.note(Change::Unsubscribe(Arc::clone(topic)));
        }
        drop(topics);
        drop(freed);
        self.tell();
    }

    /// Says that nobody can publish any more.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        let channels: Vec<_> = self.read().values().cloned().collect();
        for channel in channels {
            channel.end();
        }
    }

    /// Whether an event of the topic could reach anybody.
    #[cfg(feature = "log-stream")]
    pub(super) fn is_heard(&self, topic: &str) -> bool {
        self.remote.is_some() || self.read().contains_key(topic)
    }

    pub(super) fn topics(&self) -> usize {
        self.read().len()
    }

    pub(super) fn subscribers(&self, topic: &str) -> usize {
        self.find(topic).map_or(0, |channel| channel.subscribers())
    }

    /// Notes in the order of the lock what the backplane is to be told after it: foreign code must not run under it.
    fn note(&self, change: Change) {
        if let Some(remote) = &self.remote {
            remote.note(change);
        }
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
