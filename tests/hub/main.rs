//! The hub: what publishers and subscribers see, what clients see, and what it holds in memory.

mod backplane;
mod broker;
mod events;
mod foreign;
mod history;
mod keeper;
mod kept;
mod marks;
mod model;
mod presence;
mod presence_machines;
mod presence_model;
mod presence_sockets;
mod publish_from;
#[cfg(unix)]
mod redis;
mod shared;
mod slow;
mod sockets;
mod stress;

use futures_util::FutureExt as _;
use sockeye::{Event, Subscription};

/// The next event, which is there already.
fn now<T>(feed: &mut Subscription<T>) -> sockeye::Result<Event<T>> {
    feed.next().now_or_never().expect("an event is there")
}

/// The text of the next event, which is there already.
fn text<T>(feed: &mut Subscription<T>) -> String {
    let event = now(feed).expect("an event");
    event.message().as_text().expect("text").to_owned()
}

/// Whether nothing is there.
fn is_empty<T>(feed: &mut Subscription<T>) -> bool {
    feed.next().now_or_never().is_none()
}
