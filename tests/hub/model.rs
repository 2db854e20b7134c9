//! Any sequence of calls gives what a plain model gives: a queue of its own for each subscriber.

use std::collections::VecDeque;

use futures_util::FutureExt as _;
use proptest::{collection::vec, prelude::*};
use sockeye::{Hub, Subscription};

#[derive(Debug, Clone)]
enum Call {
    Publish { topic: usize },
    PublishFrom { topic: usize, subscriber: usize },
    Subscribe { topic: usize },
    Take { subscriber: usize },
    Drop { subscriber: usize },
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => (0_usize..3).prop_map(|topic| Call::Publish { topic }),
        3 => (0_usize..3, 0_usize..8)
            .prop_map(|(topic, subscriber)| Call::PublishFrom { topic, subscriber }),
        2 => (0_usize..3).prop_map(|topic| Call::Subscribe { topic }),
        4 => (0_usize..8).prop_map(|subscriber| Call::Take { subscriber }),
        1 => (0_usize..8).prop_map(|subscriber| Call::Drop { subscriber }),
    ]
}

struct Subscriber {
    feed: Subscription<u64>,
    topic: usize,
    /// What it should find, and how much it should have missed. `None` has its place, and is what it published itself.
    queue: VecDeque<Option<u64>>,
    missed: u64,
}

impl Subscriber {
    fn push(&mut self, event: Option<u64>, length: usize) {
        if self.queue.len() == length {
            let oldest = self.queue.pop_front();
            self.missed += u64::from(oldest.flatten().is_some());
        }
        self.queue.push_back(event);
    }

    fn take(&mut self) {
        let found = self.feed.next().now_or_never().map(|event| event.expect("an event"));
        let found = found.map(|event| (event.message().as_text().expect("text").to_owned(), event.missed()));
        let expected = std::iter::from_fn(|| self.queue.pop_front()).flatten().next();
        assert_eq!(found, expected.map(|event| (event.to_string(), self.missed)));
        if expected.is_some() {
            self.missed = 0;
        }
    }
}

proptest! {
    #[test]
    fn a_feed_is_a_queue_of_its_own(length in 1_usize..5, calls in vec(call(), 0..200)) {
        let hub = Hub::<u64>::builder().queue(length).build();
        let mut subscribers: Vec<Subscriber> = Vec::new();
        for (number, call) in (0..).zip(calls) {
            match call {
                Call::Publish { topic } => {
                    let reached = hub.topic(topic.to_string()).publish(&number).unwrap();
                    let listening = subscribers.iter_mut().filter(|one| one.topic == topic);
                    prop_assert_eq!(reached, listening.map(|one| one.push(Some(number), length)).count());
                }
                Call::PublishFrom { topic, subscriber } => {
                    let Some(publisher) = subscribers.get(subscriber) else { continue };
                    let reached = hub.topic(topic.to_string()).publish_from(&publisher.feed, &number).unwrap();
                    let own = (publisher.topic == topic).then_some(subscriber);
                    let listening = subscribers.iter().filter(|one| one.topic == topic).count();
                    prop_assert_eq!(reached, listening - usize::from(own.is_some()));
                    // What nobody is to receive has no place.
                    let heard = subscribers.iter_mut().enumerate().filter(|(_, one)| one.topic == topic && reached > 0);
                    heard.for_each(|(one, to)| to.push((Some(one) != own).then_some(number), length));
                }
                Call::Subscribe { topic } => {
                    let feed = hub.topic(topic.to_string()).subscribe();
                    subscribers.push(Subscriber { feed, topic, queue: VecDeque::new(), missed: 0 });
                }
                Call::Take { subscriber } => {
                    if let Some(one) = subscribers.get_mut(subscriber) {
                        one.take();
                    }
                }
                Call::Drop { subscriber } => {
                    if subscriber < subscribers.len() {
                        subscribers.swap_remove(subscriber);
                    }
                }
            }
            let mut topics: Vec<_> = subscribers.iter().map(|one| one.topic).collect();
            topics.sort_unstable();
            topics.dedup();
            prop_assert_eq!(hub.topics(), topics.len());
        }
    }
}
