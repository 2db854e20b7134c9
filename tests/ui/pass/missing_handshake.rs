//! The handshake under any name.

use sockeye::{Handshake, Json, ws_endpoint};

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

fn main() {}
