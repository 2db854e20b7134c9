use std::{collections::HashMap, sync::Arc};

use async_nats::Subscriber;
use bytes::Bytes;
use futures_util::StreamExt as _;
use sockeye::backplane::Inlet;
use tokio_util::task::AbortOnDropHandle;

/// The subscriptions at the server. Each has a task, which passes on what comes.
#[derive(Default)]
pub(crate) struct Feeds {
    topics: HashMap<Arc<str>, Feed>,
}

struct Feed {
    subject: String,
    task: AbortOnDropHandle<()>,
}

impl Feeds {
    pub(crate) async fn insert(
        &mut self,
        topic: &str,
        subject: String,
        subscriber: Subscriber,
        inlet: &Inlet,
    ) {
        self.remove(topic).await;
        let topic: Arc<str> = topic.into();
        let task = tokio::spawn(deliver(Arc::clone(&topic), subscriber, inlet.clone()));
        self.topics.insert(topic, Feed { subject, task: AbortOnDropHandle::new(task) });
    }

    /// Unsubscribes. Nothing is delivered afterwards: two tasks of one topic would deliver what others publish twice.
    pub(crate) async fn remove(&mut self, topic: &str) {
        if let Some(Feed { task, .. }) = self.topics.remove(topic) {
            end(task).await;
        }
        if self.topics.capacity() > 64 && self.topics.len() < self.topics.capacity() / 8 {
            self.topics.shrink_to(self.topics.len() * 2);
        }
    }

    pub(crate) async fn remove_all(&mut self) {
        let feeds = std::mem::take(&mut self.topics);
        for feed in feeds.values() {
            feed.task.abort();
        }
        for feed in feeds.into_values() {
            end(feed.task).await;
        }
    }

    pub(crate) fn has_subject(&self, subject: &str) -> bool {
        self.topics.values().any(|feed| feed.subject == subject)
    }
}

async fn end(task: AbortOnDropHandle<()>) {
    task.abort();
    // It is cancelled, which is no failure.
    _ = task.await;
}

async fn deliver(topic: Arc<str>, mut subscriber: Subscriber, inlet: Inlet) {
    while let Some(message) = subscriber.next().await {
        // The payload is a part of the client's buffer, which an event in a queue or a history would keep as a whole.
        if !inlet.deliver(&topic, Bytes::copy_from_slice(&message.payload)) {
            return;
        }
    }
}
