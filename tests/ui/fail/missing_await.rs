use sockeye::{CloseCode, Handshake, ws_endpoint};

/// The compiler would only warn.
#[ws_endpoint("/ws/statement")]
async fn statement(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message);
    }
    socket.close(CloseCode::NORMAL, "bye");
    Ok(())
}

/// The compiler would not even warn.
#[ws_endpoint("/ws/let")]
async fn let_underscore(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let _ = socket.feed(message);
        _ = socket.flush();
    }
    Ok(())
}

/// An acceptance is no result.
#[ws_endpoint("/ws/accept")]
async fn accept(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept()?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// An acceptance is no socket.
#[ws_endpoint("/ws/socket")]
async fn socket(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept();
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A message that is not there yet.
#[ws_endpoint("/ws/match")]
async fn matched(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv() {
            Ok(Some(message)) => socket.send(message).await?,
            Ok(None) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// The same in a `while let`, with `?` and without.
#[ws_endpoint("/ws/while")]
async fn while_let(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Ok(Some(message)) = socket.recv() {
        socket.send(message).await?;
    }
    while let Some(message) = socket.recv()? {
        socket.send(message)?;
    }
    Ok(())
}

/// Asks a future whether it has failed.
#[ws_endpoint("/ws/methods")]
async fn methods(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send("welcome").unwrap();
    while let Some(message) = socket.recv().await? {
        if socket.send(message).is_err() {
            break;
        }
    }
    Ok(())
}

/// A message that is not there yet, under a name.
#[ws_endpoint("/ws/named")]
async fn named(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().split();
    let first = receiver.recv();
    if first.is_some() {
        sender.send("hello").await?;
    }
    while receiver.recv().await?.is_some() {}
    Ok(())
}

fn main() {}
