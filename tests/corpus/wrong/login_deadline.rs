//! Logins that a client may put off for ever.

use sockeye::{CloseCode, Handshake, Message, Socket, ws_endpoint, ws_lifecycle};

/// A token.
#[ws_endpoint("/logins/token")]
async fn token(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(token) = socket.recv().await? else { return Ok(()) }; //~ login_deadline
    if token.as_text() != Some("sesame") {
        return socket.close(CloseCode::POLICY_VIOLATION, "no").await;
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A function that checks it.
#[ws_endpoint("/logins/function")]
async fn function(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send("who are you?").await?;
    let first = socket.recv().await?; //~ login_deadline
    let Some(user) = first.and_then(|message| authenticate(&message)) else {
        return socket.close(CloseCode::POLICY_VIOLATION, "no").await;
    };
    socket.send(format!("hello {user}")).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn authenticate(message: &Message) -> Option<String> {
    message.as_text()?.strip_prefix("user:").map(str::to_owned)
}

/// A pattern, split in halves.
#[ws_endpoint("/logins/pattern")]
async fn pattern(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    match receiver.recv().await? { //~ login_deadline
        Some(message) if message.as_text().is_some_and(|text| text.starts_with("AUTH ")) => {}
        _ => {
            sender.send("unauthorized").await?;
            return Ok(());
        }
    }
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// In a function that has the socket to itself.
#[ws_lifecycle]
async fn session(mut socket: Socket) -> sockeye::Result {
    let Some(login) = socket.recv().await? else { return Ok(()) }; //~ login_deadline
    tracing::info!(length = login.len(), "logs in");
    while socket.recv().await?.is_some() {}
    Ok(())
}
