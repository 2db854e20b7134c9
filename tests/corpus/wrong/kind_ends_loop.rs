//! Loops that one kind of message ends.

use std::time::Duration;

use sockeye::{Handshake, Message, Receiver, Sender, ws_endpoint};
use tokio::time::timeout;

#[ws_endpoint("/kinds/while")]
/// The other kind ends it.
async fn condition(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Message::Binary(bytes)) = socket.recv().await? { //~ kind_ends_loop
        socket.send(bytes).await?;
    }
    Ok(())
}

#[ws_endpoint("/kinds/lenient")]
/// With the error in the pattern.
async fn lenient(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Ok(Some(Message::Text(text))) = receiver.recv().await { //~ kind_ends_loop
        if sender.send(text).await.is_err() {
            break;
        }
    }
    Ok(())
}

#[ws_endpoint("/kinds/timeout")]
/// Within a deadline.
async fn deadline(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Ok(Ok(Some(Message::Text(text)))) = timeout(Duration::from_secs(9), socket.recv()).await { //~ kind_ends_loop
        socket.send(text).await?;
    }
    Ok(())
}

#[ws_endpoint("/kinds/select")]
/// In an arm of a branch.
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(Message::Text(text)) => socket.send(text).await?,
                _ => break, //~ kind_ends_loop
            },
            _ = ticks.tick() => socket.send("tick").await?,
        }
    }
    Ok(())
}

/// In a helper.
async fn helper(sender: &Sender, receiver: &mut Receiver) -> sockeye::Result {
    loop {
        let Some(Message::Text(text)) = receiver.recv().await? else { break }; //~ kind_ends_loop
        sender.send(text).await?;
    }
    Ok(())
}
