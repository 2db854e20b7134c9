//! Queues without a limit that are drained into a socket.

use axum::extract::State;
use futures_util::{StreamExt as _, channel::mpsc as futures_mpsc};
use sockeye::{Handshake, Sender, Socket, ws_endpoint};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_stream::wrappers::UnboundedReceiverStream;

#[ws_endpoint("/queues/registry")]
/// Others have the sender.
async fn registry(handshake: Handshake, State(rooms): State<Rooms>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::unbounded_channel::<String>(); //~ unbounded_queue
    rooms.publish_to(tx);
    loop {
        tokio::select! {
            text = rx.recv() => match text {
                Some(text) => socket.send(text).await?,
                None => break,
            },
            message = socket.recv() => if message?.is_none() { break },
        }
    }
    Ok(())
}

#[ws_endpoint("/queues/task")]
/// A task drains it.
async fn task(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (tx, rx) = mpsc::unbounded_channel::<String>(); //~ unbounded_queue
    let mut stream = UnboundedReceiverStream::new(rx);
    let other = sender.clone();
    other.spawn(async move {
        while let Some(text) = stream.next().await {
            if sender.send(text).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    while let Some(message) = receiver.recv().await? {
        tx.send(answer(message).await)?;
    }
    Ok(())
}

#[ws_endpoint("/queues/futures")]
/// That of the `futures` crate.
async fn of_futures(handshake: Handshake, State(rooms): State<Rooms>) -> sockeye::Result {
    let (tx, mut rx) = futures_mpsc::unbounded(); //~ unbounded_queue
    rooms.join(tx.clone());
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        while let Some(text) = rx.next().await {
            sender.send(text).await?;
        }
        Ok(())
    };
    let listen = async { while receiver.recv().await?.is_some() {} Ok(()) };
    tokio::select! { ended = push => ended, ended = listen => ended }
}

/// It was made elsewhere.
async fn writer(sender: Sender, mut inbox: UnboundedReceiver<String>) -> sockeye::Result { //~ unbounded_queue
    while let Some(text) = inbox.recv().await {
        sender.send(text).await?;
    }
    Ok(())
}

#[ws_endpoint("/queues/forward")]
/// `forward` drains it.
async fn forwards(handshake: Handshake, State(bus): State<mpsc::Sender<mpsc::UnboundedSender<String>>>) -> sockeye::Result {
    let (tap, frames) = mpsc::unbounded_channel(); //~ unbounded_queue
    bus.send(tap).await?;
    let socket = handshake.accept().await?;
    socket.forward(UnboundedReceiverStream::new(frames)).await
}

#[ws_endpoint("/queues/forward-named")]
/// With a name for the stream.
async fn forwards_named(handshake: Handshake, State(bus): State<mpsc::Sender<mpsc::UnboundedSender<u32>>>) -> sockeye::Result {
    let (tap, frames) = mpsc::unbounded_channel(); //~ unbounded_queue
    bus.send(tap).await?;
    let lines = UnboundedReceiverStream::new(frames).map(|number| number.to_string());
    handshake.accept().await?.forward(lines).await
}

#[ws_endpoint("/queues/forward-flume")]
/// A stream of another crate.
async fn forwards_flume(handshake: Handshake, State(bus): State<flume::Sender<flume::Sender<String>>>) -> sockeye::Result {
    let (tap, frames) = flume::unbounded(); //~ unbounded_queue
    bus.send_async(tap).await?;
    let socket = handshake.accept().await?;
    let stream = frames.into_stream();
    socket.forward(stream).await
}

#[ws_endpoint("/queues/forward-unfold")]
/// A stream made by hand.
async fn forwards_unfold(handshake: Handshake, State(bus): State<mpsc::Sender<mpsc::UnboundedSender<String>>>) -> sockeye::Result {
    let (tap, frames) = mpsc::unbounded_channel(); //~ unbounded_queue
    bus.send(tap).await?;
    let stream = futures_util::stream::unfold(frames, async |mut frames| Some((frames.recv().await?, frames)));
    handshake.accept().await?.forward(Box::pin(stream)).await
}

/// The function gets the receiver.
async fn forwards_given(socket: Socket, frames: UnboundedReceiver<String>) -> sockeye::Result { //~ unbounded_queue
    socket.forward(UnboundedReceiverStream::new(frames)).await
}
