//! Three ways to bring an event to many.

use std::sync::Arc;

use sockeye::{Hub, Message, Subscription, Topic};
use tokio::sync::broadcast::{self, Receiver, Sender};

use crate::Progress;

/// How many events may wait, on every side.
const QUEUE: usize = 1000;

pub(crate) trait Side {
    type Subscription: Send + 'static;

    fn new() -> Self;

    fn subscribe(&self) -> Self::Subscription;

    fn publish(&self, event: &Arc<Progress>);

    /// The next event, as it goes over the wire.
    fn take(feed: &mut Self::Subscription) -> impl Future<Output = Message> + Send;
}

pub(crate) struct OurHub(Topic<Progress>);

impl Side for OurHub {
    type Subscription = Subscription<Progress>;

    fn new() -> Self {
        Self(Hub::builder().queue(QUEUE).build().topic("progress"))
    }

    fn subscribe(&self) -> Self::Subscription {
        self.0.subscribe()
    }

    fn publish(&self, event: &Arc<Progress>) {
        self.0.publish(event).expect("it is encoded");
    }

    async fn take(feed: &mut Self::Subscription) -> Message {
        feed.next().await.expect("the hub is there").into_message()
    }
}

/// What most programs do: the values go through the channel, and whoever has one writes it for its own socket.
pub(crate) struct EachEncodes(Sender<Arc<Progress>>);

impl Side for EachEncodes {
    type Subscription = Receiver<Arc<Progress>>;

    fn new() -> Self {
        Self(broadcast::channel(QUEUE).0)
    }

    fn subscribe(&self) -> Self::Subscription {
        self.0.subscribe()
    }

    fn publish(&self, event: &Arc<Progress>) {
        self.0.send(Arc::clone(event)).expect("somebody listens");
    }

    async fn take(feed: &mut Self::Subscription) -> Message {
        encoded(&feed.recv().await.expect("nobody is slow"))
    }
}

/// What a careful one does: written once, the messages go through the channel.
pub(crate) struct EncodedOnce(Sender<Message>);

impl Side for EncodedOnce {
    type Subscription = Receiver<Message>;

    fn new() -> Self {
        Self(broadcast::channel(QUEUE).0)
    }

    fn subscribe(&self) -> Self::Subscription {
        self.0.subscribe()
    }

    fn publish(&self, event: &Arc<Progress>) {
        self.0.send(encoded(event)).expect("somebody listens");
    }

    async fn take(feed: &mut Self::Subscription) -> Message {
        feed.recv().await.expect("nobody is slow")
    }
}

fn encoded(event: &Progress) -> Message {
    Message::text(serde_json::to_string(event).expect("it is encoded"))
}
