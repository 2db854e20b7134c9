use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use super::{
    Member, PresenceChange,
    registry::{Registry, User},
    roster::{Roster, Seat},
};
use crate::Result;

/// Who is present on a topic, and who joins and leaves; see [`Topic::presence`](crate::Topic::presence).
///
/// It is also a [`Stream`], which yields the error that ends it once and then `None`. So
/// `socket.forward(room.presence())` is the whole handler of a client that shows who is there.
pub struct Presence {
    registry: Arc<Registry>,
    roster: Arc<Roster>,
    seat: Seat,
    /// As a stream, it has given its last error.
    terminated: bool,
}

impl Presence {
    pub(in crate::hub) fn new(registry: &Arc<Registry>, topic: &Arc<str>) -> Self {
        let roster = registry.acquire(topic, User::Reader);
        let seat = roster.enter();
        Self { registry: Arc::clone(registry), roster, seat, terminated: false }
    }

    /// Everyone who is present now, in the order of the keys. [`next`](Self::next) continues with the changes after it, without a gap.
    pub fn members(&mut self) -> Vec<Member> {
        self.roster.members(&mut self.seat)
    }

    /// The next change. The first is [`Members`](PresenceChange::Members), unless [`members`](Self::members) was called. The changes since then follow,
    /// each once and in order.
    ///
    /// A topic keeps the last 256 changes, or as many as it has members, for readers that have not taken them. A reader that falls behind by more gets
    /// `Members` again. So it always ends up with the state as it is.
    ///
    /// Cancel safe: a change is taken only when it is returned.
    ///
    /// # Errors
    /// If every `Hub` and `Topic` has been dropped: an error that closes with 1001. Every further call returns the same error.
    pub async fn next(&mut self) -> Result<PresenceChange> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<PresenceChange>> {
        self.registry.start();
        // A reader that always has something must let its task's other work run.
        let coop = ready!(tokio::task::coop::poll_proceed(cx));
        let change = ready!(self.roster.poll_next(&mut self.seat, cx));
        coop.made_progress();
        Poll::Ready(change)
    }
}

impl Stream for Presence {
    type Item = Result<PresenceChange>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.terminated {
            return Poll::Ready(None);
        }
        let change = ready!(self.poll(cx));
        self.terminated = change.is_err();
        Poll::Ready(Some(change))
    }
}

impl FusedStream for Presence {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.roster.stand_up(&self.seat);
        self.registry.release(&self.roster, User::Reader);
    }
}

impl fmt::Debug for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presence").field("topic", &self.roster.topic()).finish_non_exhaustive()
    }
}
