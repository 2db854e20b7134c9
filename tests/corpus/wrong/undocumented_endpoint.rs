//! Endpoints of which nobody says what they are for.

use axum::extract::Path;
use sockeye::{Handshake, Json, ws_endpoint};

#[ws_endpoint("/undocumented/plain")]
async fn plain(handshake: Handshake) -> sockeye::Result { //~ undocumented_endpoint
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

// A comment is not a doc comment.
#[ws_endpoint("/undocumented/comment")]
async fn comment(handshake: Handshake) -> sockeye::Result { //~ undocumented_endpoint
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/* Neither is this. */
#[ws_endpoint("/undocumented/block")]
pub async fn block(handshake: Handshake) -> sockeye::Result { //~ undocumented_endpoint
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[ws_endpoint("/undocumented/attributes")]
#[allow(dead_code)]
#[tracing::instrument(skip_all)]
async fn attributes(handshake: Handshake) -> sockeye::Result { //~ undocumented_endpoint
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[ws_endpoint("/undocumented/lines/{id}")]
pub(crate)
async fn
lines //~ undocumented_endpoint
(
    handshake: Handshake<Json<u8>>,
    Path(id): Path<u8>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(id).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Two mistakes: this one is documented, but
mod inner {
    use sockeye::{Handshake, ws_endpoint};

    #[ws_endpoint("/undocumented/inner")]
    async fn inner(handshake: Handshake) -> sockeye::Result { //~ undocumented_endpoint
        let mut socket = handshake.accept().await?;
        while socket.recv().await?.is_some() {}
        Ok(())
    }
}

#[ws_endpoint("/undocumented/and-more")]
async fn and_more(handshake: Handshake) -> sockeye::Result { //~ undocumented_endpoint
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    socket.recv().await.unwrap(); //~ panicking_io
    Ok(())
}

#[sockeye::ws_endpoint("/undocumented/path")]
async fn by_path(handshake: sockeye::Handshake) { //~ undocumented_endpoint
    let Ok(mut socket) = handshake.accept().await else { return };
    while let Ok(Some(_)) = socket.recv().await {}
}
