//! Parameters that something reads, or could.

use axum::{
    Extension,
    extract::{FromRequestParts, MatchedPath, OriginalUri, RawPathParams},
    http::{Uri, request::Parts},
};
use sockeye::{Handshake, ws_endpoint};

struct Room;

impl<S: Send + Sync> FromRequestParts<S> for Room {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

async fn helper(handshake: Handshake) -> sockeye::Result {
    let _ = handshake.uri().path();
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[ws_endpoint("/ignored/{_id}")]
async fn ignored(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/own/{id}")]
async fn own(_handshake: Handshake, _room: Room) {
    todo!()
}

#[ws_endpoint("/uri/{id}")]
async fn uri(_handshake: Handshake, _uri: Uri) {
    todo!()
}

#[ws_endpoint("/original/{id}")]
async fn original(_handshake: Handshake, _uri: OriginalUri) {
    todo!()
}

#[ws_endpoint("/raw/{id}")]
async fn raw(_handshake: Handshake, _all: RawPathParams) {
    todo!()
}

#[ws_endpoint("/matched/{id}")]
async fn matched(_handshake: Handshake, _path: MatchedPath) {
    todo!()
}

#[ws_endpoint("/layer/{id}")]
async fn layer(_handshake: Handshake, _from_a_layer: Extension<u8>) {
    todo!()
}

#[ws_endpoint("/asked/{id}")]
async fn asked(handshake: Handshake) {
    let _ = handshake.uri().path();
    todo!()
}

#[ws_endpoint("/passed/{id}")]
async fn passed(handshake: Handshake) -> sockeye::Result {
    helper(handshake).await
}

#[ws_endpoint("/renamed/{id}")]
async fn renamed(handshake: Handshake) -> sockeye::Result {
    let other = handshake;
    helper(other).await
}

fn main() {}
