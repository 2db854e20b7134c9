//! What a crate for Redis would offer: a backplane.

use std::{
    collections::VecDeque,
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sockeye::backplane::{Inlet, Order, Outlet, PublishOrder, SubscribeOrder};
use tokio::{io::BufReader, net::unix::OwnedReadHalf, sync::mpsc};

use super::server::{Connection, reply, send};

/// A backplane, of which so many events are published to a channel that nobody reads, though Redis confirms them: it has lost them
/// without a word.
pub(super) async fn carry(socket: PathBuf, swallows: Arc<AtomicUsize>, inlet: Inlet, mut outlet: Outlet) {
    while let Err(error) = connection(&socket, &swallows, &inlet, &mut outlet).await {
        inlet.lost(error);
        if !outlet.pause().await {
            return;
        }
    }
}

const HEARTBEAT: Duration = Duration::from_millis(500);

/// One connection, from its beginning to its loss. What Redis has not answered yet is dropped with it.
async fn connection(
    socket: &PathBuf,
    swallows: &AtomicUsize,
    inlet: &Inlet,
    outlet: &mut Outlet,
) -> io::Result<()> {
    let Connection { read, write: mut publish } = Connection::open(socket).await?;
    let mut published = replies(read);
    let Connection { read, write: mut subscribe } = Connection::open(socket).await?;
    let mut pushed = replies(read);
    let (mut publishing, mut subscribing) = (VecDeque::new(), VecDeque::new());
    // A connection that is dead says nothing.
    let mut beat = tokio::time::interval(HEARTBEAT);
    let mut quiet = 0;
    inlet.connected();
    loop {
        tokio::select! {
            order = outlet.next() => match order {
                Some(Order::Subscribe(order)) => {
                    send(&mut subscribe, &[b"SUBSCRIBE", order.topic().as_bytes()]).await?;
                    subscribing.push_back(order);
                }
                Some(Order::Unsubscribe(topic)) => {
                    send(&mut subscribe, &[b"UNSUBSCRIBE", topic.as_bytes()]).await?;
                }
                Some(Order::Publish(order)) => {
                    let channel = if take_one(swallows) { "nowhere" } else { order.topic() };
                    send(&mut publish, &[b"PUBLISH", channel.as_bytes(), order.packet()]).await?;
                    publishing.push_back(order);
                }
                Some(_) => unreachable!("there are no others"),
                None => return Ok(()),
            },
            reply = published.recv() => {
                reply.expect("an error comes first")?;
                // Redis answers in order.
                _ = publishing.pop_front().map(PublishOrder::confirm);
            }
            push = pushed.recv() => {
                quiet = 0;
                take(push.expect("an error comes first")?, inlet, &mut subscribing);
            }
            _ = beat.tick() => {
                quiet += 1;
                if quiet > 3 {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "redis does not answer"));
                }
                send(&mut subscribe, &[b"PING"]).await?;
            }
        }
    }
}

fn take(push: Vec<Vec<u8>>, inlet: &Inlet, subscribing: &mut VecDeque<SubscribeOrder>) {
    let Ok([kind, topic, packet]) = <[_; 3]>::try_from(push) else { return };
    match kind.as_slice() {
        b"message" => _ = inlet.deliver(std::str::from_utf8(&topic).expect("a topic is text"), packet),
        b"subscribe" => _ = subscribing.pop_front().map(SubscribeOrder::confirm),
        _ => {}
    }
}

/// Reads in a task of its own: reading a reply in parts must not be cut short.
fn replies(mut read: BufReader<OwnedReadHalf>) -> mpsc::Receiver<io::Result<Vec<Vec<u8>>>> {
    let (push, pushed) = mpsc::channel(16);
    tokio::spawn(async move {
        loop {
            let reply = reply(&mut read).await;
            let over = reply.is_err();
            if push.send(reply).await.is_err() || over {
                return;
            }
        }
    });
    pushed
}

fn take_one(count: &AtomicUsize) -> bool {
    count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1)).is_ok()
}
