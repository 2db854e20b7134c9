//! `None` stays `None` through `map`, `and_then` and `filter`, and through a helper.

use sockeye::{Handshake, Receiver, Socket, ws_endpoint};

#[ws_endpoint("/mapped/and-then")]
/// Not a number is nothing, and neither is the end.
async fn and_then(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(number) = socket.recv().await?.and_then(|message| message.as_text()?.parse::<i64>().ok()) else { //~ spinning_loop
            continue;
        };
        socket.send(number.to_string()).await?;
    }
}

#[ws_endpoint("/mapped/map")]
/// In an `if let`.
async fn map(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        if let Some(length) = socket.recv().await?.map(|message| message.len()) { //~ spinning_loop
            socket.send(length.to_string()).await?;
        }
    }
}

#[ws_endpoint("/mapped/filter")]
/// Several of them, with a name in between.
async fn filter(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let received = socket.recv().await?; //~ spinning_loop
        let text = received.filter(|message| !message.is_empty()).and_then(|message| message.into_text().ok());
        match text {
            Some(text) => socket.send(text).await?,
            None => tracing::debug!("nothing to say"),
        }
    }
}

#[ws_endpoint("/mapped/select")]
/// In a branch.
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = tokio::time::interval(std::time::Duration::from_secs(5));
    loop {
        tokio::select! {
            message = socket.recv() => { //~ spinning_loop
                if let Some(length) = message?.map(|message| message.len()) {
                    socket.send(length.to_string()).await?;
                }
            }
            _ = ticks.tick() => socket.send("tick").await?,
        }
    }
}

async fn next_command(socket: &mut Socket) -> sockeye::Result<Option<String>> {
    match socket.recv().await? {
        Some(message) => Ok(message.as_text().map(|text| text.trim().to_lowercase())),
        None => Ok(None),
    }
}

#[ws_endpoint("/mapped/helper")]
/// A helper that says it.
async fn helper(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        if let Some(command) = next_command(&mut socket).await? { //~ spinning_loop
            socket.send(command).await?;
        } else {
            tracing::trace!("no command");
        }
    }
}

async fn next_length(receiver: &mut Receiver) -> sockeye::Result<Option<usize>> {
    Ok(receiver.recv().await?.map(|message| message.len()))
}

#[ws_endpoint("/mapped/length")]
/// A helper that maps it.
async fn length(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        let Some(length) = next_length(&mut receiver).await? else { continue }; //~ spinning_loop
        sender.send(length.to_string()).await?;
    }
}

struct Client {
    socket: Socket,
}

impl Client {
    async fn next(&mut self) -> sockeye::Result<Option<String>> {
        let Some(message) = self.socket.recv().await? else { return Ok(None) };
        Ok(message.as_text().map(str::to_owned))
    }

    /// In a method.
    async fn serve(&mut self) -> sockeye::Result {
        loop {
            if let Some(text) = self.next().await? { //~ spinning_loop
                self.socket.send(text).await?;
            }
        }
    }
}

/// The whole `Option` is returned.
async fn next_text(socket: &mut Socket) -> Option<String> {
    socket.recv().await.ok()?.map(|message| message.as_text().unwrap_or_default().to_owned())
}

#[ws_endpoint("/mapped/option")]
/// Without a result.
async fn option(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        if let Some(text) = next_text(&mut socket).await { //~ spinning_loop
            let _ = socket.send(text).await;
        }
    }
}
