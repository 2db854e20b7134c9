use std::collections::VecDeque;

use sockeye::backplane::{PublishOrder, SubscribeOrder};
use tokio::time::Instant;

/// How much may be on its way at once. Less than the client's own queue holds, so that it never makes the backplane wait.
const PUBLISHED: usize = 2048;
const PUBLISHED_BYTES: usize = 8 << 20;
const SUBSCRIBED: usize = 1024;
/// The same, where NATS refuses much: so many errors the client passes on for certain.
const SUBSCRIBED_WITH_CARE: usize = 64;

/// The orders that NATS has not confirmed yet.
///
/// NATS confirms nothing by itself, but carries out everything in order, and says what it refuses in order, too. So a packet that comes back
/// confirms what was sent before it: a *round*. An order to publish is confirmed when its round is answered. An order to subscribe waits for one
/// more round and for a moment: the client passes errors on in a task of its own, which may be behind.
#[derive(Default)]
pub(crate) struct Flight {
    publishing: VecDeque<Sent<PublishOrder>>,
    subscribing: VecDeque<Sent<SubscribeOrder>>,
    bytes: usize,
    /// So much was refused at once that the client may have dropped some of the errors.
    with_care: bool,
}

struct Sent<O> {
    order: O,
    subject: String,
    round: u64,
    /// When it can be confirmed.
    from: Instant,
}

impl Flight {
    pub(crate) fn publishes(&mut self, order: PublishOrder, subject: String, round: u64) {
        self.bytes += order.packet().len();
        self.publishing.push_back(Sent { order, subject, round, from: Instant::now() });
    }

    pub(crate) fn subscribes(&mut self, order: SubscribeOrder, subject: String, round: u64, from: Instant) {
        self.subscribing.push_back(Sent { order, subject, round, from });
    }

    pub(crate) fn has_room(&self) -> bool {
        let subscribed = if self.with_care { SUBSCRIBED_WITH_CARE } else { SUBSCRIBED };
        self.publishing.len() < PUBLISHED
            && self.bytes < PUBLISHED_BYTES
            && self.subscribing.len() < subscribed
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.publishing.is_empty() && self.subscribing.is_empty()
    }

    pub(crate) fn take_care(&mut self) {
        self.with_care = true;
    }

    pub(crate) fn subscribes_to_nothing(&self) -> bool {
        self.subscribing.is_empty()
    }

    /// Whether something waits for a round after this one.
    pub(crate) fn wants_round(&self, answered: u64) -> bool {
        !self.publishing.is_empty() || self.subscribing.iter().any(|sent| sent.round >= answered)
    }

    /// When something can be confirmed without another round.
    pub(crate) fn due(&self, answered: u64) -> Option<Instant> {
        self.subscribing.iter().filter(|sent| sent.round < answered).map(|sent| sent.from).min()
    }

    /// NATS has done everything up to this round. `published` sees the subject of each publication.
    pub(crate) fn confirm(&mut self, answered: u64, mut published: impl FnMut(&str)) {
        while let Some(sent) = self.publishing.pop_front_if(|sent| sent.round <= answered) {
            self.bytes -= sent.order.packet().len();
            published(&sent.subject);
            sent.order.confirm();
        }
        let now = Instant::now();
        let is_sure = |sent: &Sent<_>| sent.round < answered && sent.from <= now;
        let (sure, others): (VecDeque<_>, _) = self.subscribing.drain(..).partition(is_sure);
        self.subscribing = others;
        for sent in sure {
            sent.order.confirm();
        }
    }

    /// NATS does not take packets for this subject.
    pub(crate) fn refuse_to_publish(&mut self, subject: &str, reason: &str) {
        let is_refused = |sent: &Sent<_>| sent.subject == subject;
        let (refused, others): (VecDeque<_>, _) = self.publishing.drain(..).partition(is_refused);
        self.publishing = others;
        for sent in refused {
            self.bytes -= sent.order.packet().len();
            sent.order.refuse(reason);
        }
    }

    /// NATS does not subscribe to this subject, or, without a subject, to some of them. Returns the topics.
    pub(crate) fn refuse_to_subscribe(&mut self, subject: Option<&str>, reason: &str) -> Vec<String> {
        let is_refused = |sent: &Sent<_>| subject.is_none_or(|subject| sent.subject == subject);
        let (refused, others): (VecDeque<_>, _) = self.subscribing.drain(..).partition(is_refused);
        self.subscribing = others;
        let refuse = |Sent { order, .. }: Sent<SubscribeOrder>| {
            let topic = order.topic().to_owned();
            order.refuse(reason);
            topic
        };
        refused.into_iter().map(refuse).collect()
    }
}
