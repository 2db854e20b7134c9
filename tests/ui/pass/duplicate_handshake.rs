//! A second type of that name is not a second handshake.

use axum::{extract::FromRequestParts, http::request::Parts};
use sockeye::{Handshake, ws_endpoint};

mod tls {
    pub struct Handshake;
}

impl<S: Send + Sync> FromRequestParts<S> for tls::Handshake {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

#[ws_endpoint("/ws")]
async fn chat(_handshake: Handshake, _tls: tls::Handshake) {
    todo!()
}

fn main() {}
