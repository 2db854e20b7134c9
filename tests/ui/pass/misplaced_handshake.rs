//! Another type that is called `Handshake` may stand anywhere.

use axum::{extract::FromRequestParts, http::request::Parts};
use sockeye::ws_endpoint;

type Socket = sockeye::Handshake;

struct Handshake;

impl<S: Send + Sync> FromRequestParts<S> for Handshake {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

#[ws_endpoint("/ws")]
async fn chat(_socket: Socket, _tls: Handshake) {
    todo!()
}

fn main() {}
