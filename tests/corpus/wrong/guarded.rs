//! A guard on one arm changes nothing about the others.

use axum::extract::State;
use sockeye::{Handshake, Message, Receiver, Socket, ws_endpoint};
use tokio::sync::broadcast;

#[ws_endpoint("/guarded/commands")]
/// A command before all other texts.
async fn commands(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        match receiver.recv().await? {
            Some(Message::Text(line)) if line.as_str() == "clear" => sender.send("\x1b[2J").await?,
            Some(Message::Text(line)) => sender.send(line).await?,
            _ => return Ok(()), //~ kind_ends_loop
        }
    }
}

#[ws_endpoint("/guarded/quit")]
/// The command ends it, and so does the other kind.
async fn quit(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = socket.recv().await?;
        match message {
            Some(Message::Binary(bytes)) if bytes.is_empty() => break,
            Some(Message::Binary(bytes)) => socket.send(bytes).await?,
            Some(_) | None => break, //~ kind_ends_loop
        }
    }
    Ok(())
}

#[ws_endpoint("/guarded/events")]
/// Events that do not count.
async fn events(handshake: Handshake, State(events): State<broadcast::Sender<u32>>) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => {
                let event = match event {
                    Ok(event) if event == 0 => continue,
                    Ok(event) => event,
                    Err(_) => break, //~ lagged_feed
                };
                socket.send(event.to_string()).await?;
            }
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
    Ok(())
}

#[ws_endpoint("/guarded/own")]
/// Not to the one who said it.
async fn own(handshake: Handshake, State(lines): State<broadcast::Sender<(u64, String)>>) -> sockeye::Result {
    let mut lines = lines.subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        loop {
            match lines.recv().await {
                Ok((from, text)) if from != 7 => sender.send(text).await?,
                Ok(_) => {}
                Err(_) => return Ok(()), //~ lagged_feed
            }
        }
    };
    let listen = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = push => ended, ended = listen => ended }
}

/// A line of text, trimmed.
async fn next_line(receiver: &mut Receiver) -> sockeye::Result<Option<String>> {
    match receiver.recv().await? {
        Some(Message::Text(text)) if text.is_empty() => Ok(Some("help".to_owned())),
        Some(Message::Text(text)) => Ok(Some(text.trim().to_owned())),
        _ => Ok(None),
    }
}

#[ws_endpoint("/guarded/lines")]
/// The helper gives `Ok(None)` for the other kind.
async fn lines(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(line) = next_line(&mut receiver).await? { //~ kind_ends_loop
        sender.send(line).await?;
    }
    Ok(())
}

#[ws_endpoint("/guarded/lines-else")]
/// The same in a `let`.
async fn lines_else(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        let Some(line) = next_line(&mut receiver).await? else { break }; //~ kind_ends_loop
        sender.send(line).await?;
    }
    Ok(())
}

#[ws_endpoint("/guarded/lines-match")]
/// And in a `match`.
async fn lines_match(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        match next_line(&mut receiver).await { //~ kind_ends_loop
            Ok(Some(line)) => sender.send(line).await?,
            Ok(None) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

async fn next_blob(socket: &mut Socket) -> sockeye::Result<Option<Vec<u8>>> {
    let Some(Message::Binary(bytes)) = socket.recv().await? else { return Ok(None) };
    Ok(Some(bytes.to_vec()))
}

async fn next_if(socket: &mut Socket) -> sockeye::Result<Option<Vec<u8>>> {
    if let Some(Message::Binary(bytes)) = socket.recv().await? { Ok(Some(bytes.to_vec())) } else { Ok(None) }
}

#[ws_endpoint("/guarded/blobs")]
/// Bytes, from two helpers.
async fn blobs(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(bytes) = next_blob(&mut socket).await? { //~ kind_ends_loop
        socket.send(bytes).await?;
    }
    Ok(())
}

#[ws_endpoint("/guarded/blobs-if")]
/// The other one.
async fn blobs_if(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Ok(Some(bytes)) = next_if(&mut socket).await { //~ kind_ends_loop
        socket.send(bytes).await?;
    }
    Ok(())
}
