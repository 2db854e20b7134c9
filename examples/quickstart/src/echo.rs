use sockeye::{Handshake, ws_endpoint};

/// Sends every message back.
#[ws_endpoint("/ws/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    // The peer has closed. Returning ends the connection; so does an error, with a code and a line in the log.
    Ok(())
}
