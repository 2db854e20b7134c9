//! Nobody knows what these want of a client.

use sockeye::{Handshake, Socket, ws_endpoint};

#[ws_endpoint("/ws/bare")]
async fn bare(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

// A comment is for whoever reads the code.
#[allow(dead_code)]
#[ws_endpoint("/ws/comment", max_message_size = "1 KiB")]
pub async fn comment(handshake: Handshake) -> sockeye::Result {
    echo(handshake.accept().await?).await
}

async fn echo(mut socket: Socket) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
