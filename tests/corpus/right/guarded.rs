//! Guards that decide about everything else, and ends that are told.

use axum::extract::State;
use sockeye::{CloseCode, Handshake, Message, Receiver, ws_endpoint};
use tokio::sync::broadcast::{self, error::RecvError};

/// A guard takes what is not text.
#[ws_endpoint("/guarded/quiet")]
async fn quiet(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(Message::Text(line)) => socket.send(line).await?,
            Some(other) if !other.is_empty() => tracing::debug!("not text"),
            _ => return Ok(()),
        }
    }
}

/// The other kind is told.
#[ws_endpoint("/guarded/told")]
async fn told(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(Message::Text(line)) if line.as_str() == "clear" => socket.send("\x1b[2J").await?,
            Some(Message::Text(line)) => socket.send(line).await?,
            Some(_) => return socket.close(CloseCode::UNSUPPORTED_DATA, "text only").await,
            None => return Ok(()),
        }
    }
}

/// Anything but `more` is the end of the conversation.
#[ws_endpoint("/guarded/more")]
async fn more(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut page = 0;
    loop {
        match socket.recv().await? {
            Some(Message::Text(line)) if line.as_str() == "more" => {
                page += 1;
                socket.send(page.to_string()).await?;
            }
            _ => return Ok(()),
        }
    }
}

/// Both kinds, and one of them with a condition.
#[ws_endpoint("/guarded/both")]
async fn both(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(Message::Text(line)) => socket.send(line).await?,
            Some(Message::Binary(bytes)) if bytes.len() < 512 => socket.send(bytes).await?,
            _ => return Ok(()),
        }
    }
}

fn is_lag(error: &RecvError) -> bool {
    matches!(error, RecvError::Lagged(_))
}

/// A guard on the error.
#[ws_endpoint("/guarded/errors")]
async fn errors(handshake: Handshake, State(events): State<broadcast::Sender<u32>>) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) if event == 0 => continue,
                Ok(event) => socket.send(event.to_string()).await?,
                Err(error) if is_lag(&error) => continue,
                Err(_) => break,
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
    Ok(())
}

/// The errors are told apart.
#[ws_endpoint("/guarded/apart")]
async fn apart(handshake: Handshake, State(events): State<broadcast::Sender<u32>>) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) if event == 0 => continue,
                Ok(event) => socket.send(event.to_string()).await?,
                Err(RecvError::Lagged(_)) => continue,
                Err(_) => break,
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
    Ok(())
}

/// The client is told.
#[ws_endpoint("/guarded/warned")]
async fn warned(handshake: Handshake, State(events): State<broadcast::Sender<u32>>) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) if event == 0 => continue,
                Ok(event) => socket.send(event.to_string()).await?,
                Err(_) => return socket.close(CloseCode::TRY_AGAIN_LATER, "too slow").await,
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// The next text, whatever else comes.
async fn next_line(receiver: &mut Receiver) -> sockeye::Result<Option<String>> {
    loop {
        match receiver.recv().await? {
            Some(Message::Text(text)) if text.is_empty() => continue,
            Some(Message::Text(text)) => return Ok(Some(text.to_string())),
            Some(_) => continue,
            None => return Ok(None),
        }
    }
}

/// The helper goes on.
#[ws_endpoint("/guarded/lines")]
async fn lines(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(line) = next_line(&mut receiver).await? {
        sender.send(line).await?;
    }
    Ok(())
}

async fn only_line(receiver: &mut Receiver) -> sockeye::Result<Option<String>> {
    match receiver.recv().await? {
        Some(Message::Text(text)) => Ok(Some(text.to_string())),
        _ => Ok(None),
    }
}

/// The end is told.
#[ws_endpoint("/guarded/lines-told")]
async fn lines_told(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(line) = only_line(&mut receiver).await? {
        sender.send(line).await?;
    }
    sender.close(CloseCode::UNSUPPORTED_DATA, "text only").await
}

/// It asks once.
#[ws_endpoint("/guarded/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let Some(name) = only_line(&mut receiver).await? else { return Ok(()) };
    sender.send(format!("hello {name}")).await?;
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The end is told in the branch.
#[ws_endpoint("/guarded/branch-told")]
async fn branch_told(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        let Some(line) = only_line(&mut receiver).await? else {
            return sender.close(CloseCode::UNSUPPORTED_DATA, "text only").await;
        };
        sender.send(line).await?;
    }
}
