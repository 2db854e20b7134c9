//! An endpoint in a library. The program `startup_linked` names the library; `startup_unlinked` does not, so the linker drops it.

use sockeye::{Handshake, ws_endpoint};

/// What another crate may forget to link.
#[ws_endpoint("/library/feed", group = "library")]
async fn feed(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
