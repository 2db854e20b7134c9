use std::{
    sync::Arc,
    task::{Context, Poll, ready},
};

use sockeye_rules::{SLOW_CONSUMER, render::count};

use super::{
    SlowPolicy,
    channel::{Channel, Found},
    core::Core,
    history::{Gap, Kept, Position},
    log,
    lost::Lost,
    queue::{Drawn, Place},
    readers::Reader,
};
use crate::{CloseCode, Error, Message, Result, compression::Forms, error::Kind};

/// A subscriber's reference to its topic: a [`Subscription`](super::Subscription) without its type.
#[derive(Debug)]
pub(super) struct Cursor {
    core: Arc<Core>,
    topic: Arc<str>,
    channel: Arc<Channel>,
    /// `None` once it was too slow and has been disconnected.
    place: Option<Place>,
    reader: Reader,
    /// The number of events that were dropped before it took them.
    missed: u64,
    /// It has taken the last event, so the next poll usually finds nothing.
    expects_nothing: bool,
    /// The gap at its beginning.
    gap: Option<Gap>,
}

/// An event as a subscriber receives it.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) message: Message,
    pub(super) forms: Forms,
    pub(super) kept: Option<Arc<Kept>>,
    pub(super) lost: Lost,
}

/// The next item for a subscriber.
pub(super) enum Received {
    Event(Taken),
    Lost(Lost),
}

impl Cursor {
    /// Subscribes from now on, or from a position.
    pub(super) fn new(core: &Arc<Core>, topic: &Arc<str>, position: Option<Position>) -> Self {
        let reader = core.reader();
        let (opened, place, gap) = core.enter(topic, position);
        let cursor = Self {
            core: Arc::clone(core),
            topic: Arc::clone(topic),
            channel: Arc::clone(opened.channel()),
            place: Some(place),
            reader,
            missed: 0,
            expects_nothing: false,
            gap,
        };
        // The seat has an owner, which returns it if foreign code panics.
        cursor.channel.counts().subscribed();
        core.settle(topic, opened);
        cursor
    }

    pub(super) fn gap(&self) -> Option<Gap> {
        self.gap.or_else(|| self.channel.gap(self.place.as_ref()?))
    }

    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// The next event, with the losses before it.
    pub(super) fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Result<Taken>> {
        loop {
            // A loss alone is returned only on request.
            if let Received::Event(taken) = ready!(self.poll_receive(false, cx))? {
                return Poll::Ready(Ok(taken));
            }
        }
    }

    /// The next event, or, if `told_apart`, a loss that no event has followed yet.
    pub(super) fn poll_receive(&mut self, told_apart: bool, cx: &mut Context<'_>) -> Poll<Result<Received>> {
        self.reader.note();
        // A feed that is always ready must let its task's other work run.
        let coop = ready!(tokio::task::coop::poll_proceed(cx));
        let Some(place) = &self.place else {
            coop.made_progress();
            return Poll::Ready(Err(self.too_slow()));
        };
        let found = self.channel.take(place, told_apart, self.expects_nothing, cx);
        self.expects_nothing = matches!(found, Found::Event(Drawn { is_last: true, .. }));
        if matches!(found, Found::Nothing) {
            return Poll::Pending;
        }
        coop.made_progress();
        Poll::Ready(match found {
            Found::Event(Drawn { message, forms, kept, lost, .. }) => {
                self.judge(lost).map(|()| Received::Event(Taken { message, forms, kept, lost }))
            }
            Found::Lost(lost) => self.judge(lost).map(|()| Received::Lost(lost)),
            _ => Err(Error::close(CloseCode::GOING_AWAY, "the topic has no more publishers")),
        })
    }

    /// Completes when events of other machines arrive, too.
    pub(super) fn poll_confirmed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.place {
            Some(place) if !self.channel.is_confirmed(place, cx) => Poll::Pending,
            _ => Poll::Ready(()),
        }
    }

    fn judge(&mut self, lost: Lost) -> Result<()> {
        let Lost { missed: missed @ 1.., .. } = lost else { return Ok(()) };
        self.missed += missed;
        if self.core.settings().slow == SlowPolicy::Disconnect {
            self.channel.counts().disconnected();
            self.leave();
            return Err(self.too_slow());
        }
        let again = self.missed > missed;
        log::Missed { topic: &self.topic, events: missed, again }.emit();
        Ok(())
    }

    fn too_slow(&self) -> Error {
        let missed = count(usize::try_from(self.missed).unwrap_or(usize::MAX), "event");
        let reason =
            format!("the subscriber missed {missed}: its queue is limited to {}", self.channel.excess());
        Error::of(Kind::Peer { rule: &SLOW_CONSUMER, code: CloseCode::TRY_AGAIN_LATER, reason })
    }

    /// Its seat, if it subscribes to this topic.
    pub(super) fn place_in(&self, channel: &Channel) -> Option<&Place> {
        self.place.as_ref().filter(|_| std::ptr::eq(&raw const *self.channel, channel))
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
