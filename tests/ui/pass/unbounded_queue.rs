//! Queues that have a limit, or that nothing fills without one.
#![deny(warnings)]

use sockeye::{Handshake, ws_endpoint};
use tokio::sync::mpsc;

/// A bounded one.
#[ws_endpoint("/ws/bounded")]
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
#[ws_endpoint("/ws/loop")]
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

fn main() {}
