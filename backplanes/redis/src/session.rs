//! From a connection to its loss.

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use sockeye::backplane::{Order, Outlet};

use crate::{
    connection::{Watch, Watches},
    failure::Failure,
    link::{Answer, Link},
    load::Load,
    slots::Slots,
};

/// Connections to every server that is needed. What they have not answered is dropped with it, and so counts as not done.
pub(crate) struct Session {
    pub(crate) links: Vec<Link>,
    /// Which link serves a channel.
    pub(crate) slots: Slots,
    pub(crate) watches: Watches,
}

impl Session {
    /// One server does everything.
    pub(crate) fn of_one(link: Link, watches: Vec<Watch>) -> Self {
        Self { links: vec![link], slots: Slots::One, watches: watches.into_iter().collect() }
    }

    /// Carries out orders until the hub ends, or something is wrong.
    pub(crate) async fn serve(&mut self, outlet: &mut Outlet) -> Result<(), Failure> {
        let Self { links, slots, watches } = self;
        let mut answers: FuturesUnordered<Answer> = FuturesUnordered::new();
        let (mut unanswered, mut has_ended) = (Load::default(), false);
        loop {
            tokio::select! {
                order = outlet.next(), if !has_ended && !unanswered.is_full() => match order {
                    Some(order) => {
                        take(links, slots, order, outlet, &mut unanswered);
                        for link in &mut *links {
                            answers.extend(link.flush());
                        }
                    }
                    None => has_ended = true,
                },
                Some(settled) = answers.next() => unanswered.remove(settled?),
                Some(failure) = watches.next() => return Err(failure),
            }
            if has_ended && unanswered.is_nothing() {
                return Ok(());
            }
        }
    }
}

/// Takes this order and those behind it that are there already, so that they leave in one write.
fn take(links: &mut [Link], slots: &Slots, first: Order, outlet: &mut Outlet, unanswered: &mut Load) {
    let mut next = Some(first);
    while let Some(order) = next {
        if let Some(link) = slots.link(&order).and_then(|link| links.get_mut(link)) {
            unanswered.add_order(&order);
            link.take(order);
        } else if let Order::Subscribe(order) = order {
            order.refuse("no server of the cluster is responsible for this topic");
        }
        next = if unanswered.is_full() { None } else { outlet.next().now_or_never().flatten() };
    }
}
