//! The handshake under any name.

use serde::{Deserialize, Serialize};
use sockeye::{Codec, Error, Handshake, Json, Message, ws_endpoint};

type Chat = Handshake<Json<u8, u16>>;

/// Shares its name with an extractor of axum's.
mod odd {
    pub type Request = sockeye::Handshake;
}

#[ws_endpoint("/alias")]
async fn alias(chat: Chat) -> sockeye::Result {
    let mut socket = chat.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[ws_endpoint("/odd")]
async fn odd_name(request: odd::Request) -> sockeye::Result {
    let mut socket = request.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[ws_endpoint("/path")]
async fn by_path(mut _handshake: ::sockeye::Handshake<::sockeye::Raw>) {
    todo!()
}

#[ws_endpoint("/parenthesised")]
async fn parenthesised(#[allow(unused_parens)] _: (Handshake)) {
    todo!()
}

macro_rules! handshake {
    () => { Handshake };
}

#[ws_endpoint("/macro")]
async fn from_macro(_handshake: handshake!()) {
    todo!()
}

/// A type for serde that is its own codec.
#[derive(Debug, Serialize, Deserialize)]
struct Own {
    pause: bool,
}

impl Codec for Own {
    type In = Self;
    type Out = Self;

    fn decode(message: Message) -> Result<Self, Error> {
        Ok(Self { pause: message.as_text() == Some("pause") })
    }

    fn encode(value: &Self) -> Result<Message, Error> {
        Ok(Message::text(if value.pause { "pause" } else { "play" }))
    }
}

#[ws_endpoint("/own")]
async fn own(handshake: Handshake<Own>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(own) = socket.recv().await? {
        socket.send(own).await?;
    }
    Ok(())
}

/// Data of the same name as a codec elsewhere in the file.
mod data {
    use serde::{Deserialize, Serialize};
    use sockeye::{Handshake, Json, ws_endpoint};

    #[derive(Serialize, Deserialize)]
    struct Own(u8);

    #[ws_endpoint("/own/json")]
    async fn own(handshake: Handshake<Json<Own>>) -> sockeye::Result {
        let mut socket = handshake.accept().await?;
        while let Some(own) = socket.recv().await? {
            socket.send(own).await?;
        }
        Ok(())
    }
}

fn main() {}
