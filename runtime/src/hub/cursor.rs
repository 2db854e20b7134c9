use std::{
    sync::Arc,
    task::{Context, Poll, ready},
};

use sockeye_rules::SLOW_CONSUMER;

use super::{
    SlowPolicy,
    channel::{Channel, Found},
    core::Core,
    log,
    queue::Place,
    readers::Reader,
    remote::Remote,
};
use crate::{CloseCode, Error, Message, Result, error::Kind};

/// A subscriber's hold on its topic: what a [`Subscription`](super::Subscription) is without its type.
#[derive(Debug)]
pub(super) struct Cursor {
    core: Arc<Core>,
    topic: Arc<str>,
    channel: Arc<Channel>,
    /// `None` once it was too slow and had to go.
    place: Option<Place>,
    reader: Reader,
    /// How often the backplane had come and gone when this subscriber last looked.
    outages: u64,
    /// How many events were dropped for it.
    missed: u64,
}

/// An event as its subscriber gets it.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) message: Message,
    pub(super) missed: u64,
    pub(super) after_outage: bool,
}

impl Cursor {
    pub(super) fn new(core: &Arc<Core>, topic: &Arc<str>) -> Self {
        let (channel, place) = core.enter(topic);
        let outages = core.remote().map_or(0, Remote::outages);
        Self {
            core: Arc::clone(core),
            topic: Arc::clone(topic),
            channel,
            place: Some(place),
            reader: core.reader(),
            outages,
            missed: 0,
        }
    }

    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    pub(super) fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Result<Taken>> {
        self.reader.note();
        // A feed that always has something must let its task's other work run.
        let coop = ready!(tokio::task::coop::poll_proceed(cx));
        let Some(place) = &self.place else {
            coop.made_progress();
            return Poll::Ready(Err(self.too_slow()));
        };
        let found = self.channel.take(place, cx);
        if matches!(found, Found::Nothing) {
            return Poll::Pending;
        }
        coop.made_progress();
        Poll::Ready(match found {
            Found::Event { message, missed } => self.judge(message, missed),
            _ => Err(Error::close(CloseCode::GOING_AWAY, "the topic has no publishers any more")),
        })
    }

    fn judge(&mut self, message: Message, missed: u64) -> Result<Taken> {
        if missed > 0 {
            self.missed += missed;
            if self.core.settings().slow == SlowPolicy::Disconnect {
                self.channel.counts().disconnected();
                self.leave();
                return Err(self.too_slow());
            }
            let again = self.missed > missed;
            log::Missed { topic: &self.topic, events: missed, again }.emit();
        }
        Ok(Taken { message, missed, after_outage: self.look_for_outage() })
    }

    fn look_for_outage(&mut self) -> bool {
        let now = self.core.remote().map_or(0, Remote::outages);
        std::mem::replace(&mut self.outages, now) != now
    }

    fn too_slow(&self) -> Error {
        let reason = format!("{} events were missed: {} were waiting", self.missed, self.channel.excess());
        Error::of(Kind::Peer { rule: &SLOW_CONSUMER, code: CloseCode::TRY_AGAIN_LATER, reason })
    }

    /// Its place, if it subscribes to that very topic.
    pub(super) fn place_in(&self, channel: &Arc<Channel>) -> Option<&Place> {
        self.place.as_ref().filter(|_| Arc::ptr_eq(&self.channel, channel))
    }

    fn leave(&mut self) {
        if let Some(place) = self.place.take() {
            self.core.leave(&self.topic, &self.channel, &place);
        }
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.leave();
    }
}
