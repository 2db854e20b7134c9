use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::{
    Error, Result,
    call::Answers,
    connection::{Link, Wait},
    outbound::Outbound,
};

/// A message that is being queued on its connection: returned by `send` and `feed`.
///
/// The value is encoded when the method is called and is not stored, so a reference need not outlive the call. If this
/// is dropped before it completes, the message is either queued as a whole or not at all; the calls that it answers are then unanswered.
#[must_use = "the message is sent only when this is awaited"]
#[derive(Debug)]
pub struct Sending<'a> {
    link: &'a Link,
    outbound: Option<Outbound>,
    answers: Answers,
    fault: Option<Error>,
    prompt: bool,
    wait: Wait,
}

impl<'a> Sending<'a> {
    pub(super) fn new(link: &'a Link, encoded: Result<(Outbound, Answers)>, prompt: bool) -> Self {
        let (outbound, answers, fault) = match encoded {
            Ok((outbound, answers)) => (Some(outbound), answers, None),
            Err(error) => (None, Answers::default(), Some(error)),
        };
        Self { link, outbound, answers, fault, prompt, wait: Wait::default() }
    }
}

impl Future for Sending<'_> {
    type Output = Result;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result> {
        let this = &mut *self;
        if let Some(error) = this.fault.take() {
            return Poll::Ready(Err(error));
        }
        ready!(this.link.poll_send(cx, &mut this.wait, &mut this.outbound, this.prompt))?;
        std::mem::take(&mut this.answers).sent();
        Poll::Ready(Ok(()))
    }
}
