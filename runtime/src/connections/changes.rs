use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::ReusableBoxFuture;

use super::Connection;

/// A connection that has opened or closed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ConnectionChange {
    /// A handler has accepted.
    Opened(Connection),
    /// The connection is over; its handler may still run. The counts are final.
    Closed(Connection),
    /// The reader was too slow, and this many changes are lost: read [`Connections::list`](super::Connections::list) again.
    Lagged(u64),
}

/// The connections that open and close; see [`Connections::changes`](super::Connections::changes). It ends with the server.
///
/// At most 1,024 changes wait for a reader. One that is slower loses the oldest, and learns how many
/// ([`ConnectionChange::Lagged`]); no connection waits for it.
///
/// ```
/// # async fn example(connections: sockeye::Connections) {
/// use sockeye::ConnectionChange;
///
/// let mut changes = connections.changes();
/// while let Some(change) = changes.next().await {
///     match change {
///         ConnectionChange::Opened(one) => println!("{:?} came", one.identity()),
///         ConnectionChange::Closed(one) => println!("{:?} left after {} messages", one.identity(), one.received()),
///         ConnectionChange::Lagged(missed) => println!("missed {missed} changes"),
///         _ => {}
///     }
/// }
/// # }
/// ```
#[must_use = "a stream does nothing unless it is read"]
pub struct ConnectionChanges {
    next: ReusableBoxFuture<'static, (Next, Changes)>,
}

type Changes = broadcast::Receiver<ConnectionChange>;
type Next = Result<ConnectionChange, RecvError>;

impl ConnectionChanges {
    /// `None`: the server has ended.
    pub(super) fn new(changes: Option<Changes>) -> Self {
        let changes = changes.unwrap_or_else(|| broadcast::channel(1).1);
        Self { next: ReusableBoxFuture::new(receive(changes)) }
    }

    /// The next change; `None` when the server and all its handlers have ended. Cancel safe.
    pub async fn next(&mut self) -> Option<ConnectionChange> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

async fn receive(mut changes: Changes) -> (Next, Changes) {
    let next = changes.recv().await;
    (next, changes)
}

impl Stream for ConnectionChanges {
    type Item = ConnectionChange;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ConnectionChange>> {
        let (next, changes) = ready!(self.next.poll(cx));
        self.next.set(receive(changes));
        Poll::Ready(match next {
            Ok(change) => Some(change),
            Err(RecvError::Lagged(missed)) => Some(ConnectionChange::Lagged(missed)),
            Err(RecvError::Closed) => None,
        })
    }
}

impl fmt::Debug for ConnectionChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionChanges").finish_non_exhaustive()
    }
}
