use std::sync::Arc;

use tracing::{Level, dispatcher};

use super::LogStream;
use crate::{
    Error, Ready, Result,
    log::{event, nobody_listens},
};

pub(super) const NO_BACKPLANE: &str = "a log stream cannot have a backplane: the broker client logs while it publishes, and each \
     record would cause the next; remove `.backplane(..)`, and collect the logs of other machines there";

/// Ready when logged events arrive. A filter may keep all of Sockeye's events out of the stream, or all events below
/// `ERROR`; then it is enough that the stream is found behind the filter.
impl Ready for LogStream {
    async fn ready(self) -> Result {
        if self.shared.lacks_backplane {
            return Err(Error::new(NO_BACKPLANE));
        }
        // An event is the last resort: a health check that asks every second would fill the log.
        let arrives = self.is_installed()
            || self.hears(|| event!(Level::INFO, "checking that the log stream is connected"))
            // It can be hidden too, in a layer that can be reloaded. Nearly every filter passes errors.
            || (!nobody_listens() && self.hears(|| event!(Level::ERROR, "checking that the log stream hears of errors")));
        if arrives { Ok(()) } else { Err(Error::new(words())) }
    }
}

impl LogStream {
    /// Whether an event arrives. Layers are called before the event macro returns, so there is nothing to wait for.
    fn hears(&self, emit: impl FnOnce()) -> bool {
        let before = self.heard();
        emit();
        self.heard() != before
    }

    /// Whether it is among the layers of the current subscriber.
    fn is_installed(&self) -> bool {
        dispatcher::get_default(|dispatch| {
            dispatch.downcast_ref::<Self>().is_some_and(|other| Arc::ptr_eq(&other.shared, &self.shared))
        })
    }
}

fn words() -> &'static str {
    if nobody_listens() {
        "no `tracing` subscriber is installed: call `tracing_subscriber::registry().with(stream.clone()).init()` before \
         the server starts"
    } else {
        "log events do not reach the stream: add a clone of this stream to the subscriber, \
         `tracing_subscriber::registry().with(stream.clone()).init()`"
    }
}
