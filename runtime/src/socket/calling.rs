use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use crate::CallError;

/// A question that waits for its answer: returned by `call` and `call_within`. If this is dropped before it completes, the call is forgotten.
///
/// It is a type of its own, and not that of an `async fn`, so that rustc reports a codec that cannot call once.
#[must_use = "the question is asked only when this is awaited"]
pub struct Calling<'a, A>(Pin<Box<dyn Future<Output = Result<A, CallError>> + Send + 'a>>);

impl<'a, A> Calling<'a, A> {
    pub(super) fn new(asked: impl Future<Output = Result<A, CallError>> + Send + 'a) -> Self {
        Self(Box::pin(asked))
    }
}

impl<A> Future for Calling<'_, A> {
    type Output = Result<A, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<A> fmt::Debug for Calling<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calling").finish_non_exhaustive()
    }
}
