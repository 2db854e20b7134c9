//! Names of axum's API that mean something else inside a body.

use sockeye::{Handshake, Json, Message, Socket, ws_endpoint};

/// An import in an inner block.
#[ws_endpoint("/ws/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let kind = {
            use axum::extract::ws::Message;
            matches!(Message::Pong(Default::default()), Message::Pong(_))
        };
        let wrap = |text: String| {
            use axum::Json;
            Json(text).0
        };
        socket.send(wrap(format!("{kind} {}", message.len()))).await?;
    }
    Ok(())
}

/// Items in the body.
#[ws_endpoint("/ws/items")]
async fn items(handshake: Handshake) -> sockeye::Result {
    #[derive(Debug)]
    enum Message {
        Close,
        Ping,
    }
    struct Json(u8);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let Json(number) = Json(1);
        let message = if number == 1 { Message::Close } else { Message::Ping };
        socket.send(format!("{message:?}")).await?;
    }
    Ok(())
}

trait Upgraded {
    fn on_upgrade(
        self,
        serve: impl AsyncFnOnce(Socket) -> sockeye::Result,
    ) -> impl Future<Output = sockeye::Result>;
}

impl Upgraded for Handshake {
    async fn on_upgrade(self, serve: impl AsyncFnOnce(Socket) -> sockeye::Result) -> sockeye::Result {
        serve(self.accept().await?).await
    }
}

/// An extension trait.
#[ws_endpoint("/ws/extended")]
async fn extended(handshake: Handshake) -> sockeye::Result {
    let serve = async |mut socket: Socket| {
        while socket.recv().await?.is_some() {}
        Ok(())
    };
    Upgraded::on_upgrade(handshake, serve).await
}

/// Tokens that are never code.
#[ws_endpoint("/ws/tokens")]
async fn tokens(handshake: Handshake<Json<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(text) = socket.recv().await? {
        #[cfg(any())]
        socket.send(Message::Ping(text)).await?;
        let _ = (text, stringify!(Message::Ping), stringify!(Json(command)), Message::text("a"));
    }
    Ok(())
}

fn main() {}
