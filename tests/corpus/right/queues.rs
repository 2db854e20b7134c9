//! Queues that have a limit, or that nothing fills without one.

use axum::extract::State;
use futures_util::{StreamExt as _, stream};
use sockeye::{Handshake, ws_endpoint};
use tokio::sync::mpsc;

/// A bounded one.
#[ws_endpoint("/queues/bounded")]
async fn bounded(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (answers, mut queue) = mpsc::channel::<String>(64);
    let write = async {
        while let Some(text) = queue.recv().await {
            sender.send(text).await?;
        }
        Ok(())
    };
    let read = async {
        while let Some(message) = receiver.recv().await? {
            answers.send(message.as_text().unwrap_or_default().to_owned()).await?;
        }
        Ok(())
    };
    tokio::select! { ended = write => ended, ended = read => ended }
}

/// One loop puts in and takes out.
#[ws_endpoint("/queues/loop")]
async fn one_loop(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (later, mut queue) = mpsc::unbounded_channel::<String>();
    loop {
        tokio::select! {
            biased;
            Some(text) = queue.recv() => socket.send(text).await?,
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                later.send(message.as_text().unwrap_or_default().to_owned())?;
            }
        }
    }
}

/// A bounded one, as a stream.
#[ws_endpoint("/queues/forward")]
async fn forwarded(
    handshake: Handshake,
    State(bus): State<mpsc::Sender<mpsc::Sender<String>>>,
) -> sockeye::Result {
    let (tap, frames) = mpsc::channel(64);
    bus.send(tap).await?;
    let stream = stream::unfold(frames, |mut frames| async move { Some((frames.recv().await?, frames)) });
    handshake.accept().await?.forward(Box::pin(stream)).await
}

/// Two messages, and then the end.
#[ws_endpoint("/queues/forward-two")]
async fn forwarded_two(handshake: Handshake) -> sockeye::Result {
    let (tap, frames) = mpsc::unbounded_channel();
    tap.send("hello".to_owned())?;
    tap.send("bye".to_owned())?;
    drop(tap);
    let stream = stream::unfold(frames, |mut frames| async move { Some((frames.recv().await?, frames)) });
    handshake.accept().await?.forward(Box::pin(stream)).await
}

/// The queue is for something else.
#[ws_endpoint("/queues/forward-other")]
async fn forwarded_other(
    handshake: Handshake,
    State(audit): State<mpsc::Sender<mpsc::UnboundedReceiver<u32>>>,
) -> sockeye::Result {
    let (notes, noted) = mpsc::unbounded_channel();
    audit.send(noted).await?;
    let numbers = stream::iter(0..100).inspect(move |number| _ = notes.send(*number));
    handshake.accept().await?.forward(numbers.map(|number| number.to_string())).await
}
