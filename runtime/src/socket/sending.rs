use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use crate::{
    Error, Message, Result,
    connection::{Link, Wait},
};

/// A message that is being queued on its connection: returned by `send` and `feed`.
///
/// The value is encoded when the method is called and is not stored, so a reference need not outlive the call. If this
/// is dropped before it completes, the message is either queued as a whole or not at all.
#[must_use = "the message is sent only when this is awaited"]
#[derive(Debug)]
pub struct Sending<'a> {
    link: &'a Link,
    message: Option<Message>,
    fault: Option<Error>,
    prompt: bool,
    wait: Wait,
}

impl<'a> Sending<'a> {
    pub(super) fn new(link: &'a Link, encoded: Result<Message>, prompt: bool) -> Self {
        match encoded {
            Ok(message) => Self { link, message: Some(message), fault: None, prompt, wait: Wait::default() },
            Err(error) => Self { link, message: None, fault: Some(error), prompt, wait: Wait::default() },
        }
    }
}

impl Future for Sending<'_> {
    type Output = Result;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result> {
        let this = &mut *self;
        match this.fault.take() {
            Some(error) => Poll::Ready(Err(error)),
            None => this.link.poll_send(cx, &mut this.wait, &mut this.message, this.prompt),
        }
    }
}
