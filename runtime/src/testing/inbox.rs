//! Items from the server that were not taken yet, by kind.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{driver::Event, error::Came};
use crate::{CloseFrame, Message};

#[derive(Debug)]
pub(super) struct Inbox {
    events: mpsc::UnboundedReceiver<Event>,
    pub(super) messages: VecDeque<Message>,
    pub(super) pings: VecDeque<Bytes>,
    pub(super) pongs: VecDeque<Bytes>,
    pub(super) closed: Option<CloseFrame>,
    pub(super) ended: Option<String>,
}

impl Inbox {
    pub(super) fn new(events: mpsc::UnboundedReceiver<Event>) -> Self {
        Self {
            events,
            messages: VecDeque::new(),
            pings: VecDeque::new(),
            pongs: VecDeque::new(),
            closed: None,
            ended: None,
        }
    }

    /// Waits until there is an item of this kind and takes it. Cancel safe: items that arrive in the meantime stay
    /// here.
    ///
    /// # Errors
    /// If the connection has ended, or if there is an item that must not precede it.
    pub(super) async fn take<T>(
        &mut self,
        look: impl Fn(&mut Self) -> Option<Result<T, Came>>,
    ) -> Result<T, Came> {
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            match self.events.recv().await {
                Some(event) => self.sort(event),
                None => return Err(self.over().unwrap_or_else(|| Came::Ended("the client is gone".into()))),
            }
        }
    }

    fn sort(&mut self, event: Event) {
        match event {
            Event::Message(message) => self.messages.push_back(message),
            Event::Ping(payload) => self.pings.push_back(payload),
            Event::Pong(payload) => self.pongs.push_back(payload),
            Event::Closed(frame) => self.closed = Some(frame),
            Event::Ended(why) => self.ended = Some(why),
        }
    }

    /// How the connection ended, if it has.
    pub(super) fn over(&self) -> Option<Came> {
        let closed = self.closed.clone().map(Came::Closed);
        closed.or_else(|| self.ended.clone().map(Came::Ended))
    }
}
