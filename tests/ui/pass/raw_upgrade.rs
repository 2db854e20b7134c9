//! A user's own type of that name.

use axum::{extract::FromRequestParts, http::request::Parts};
use sockeye::{Handshake, ws_endpoint};

mod types {
    pub struct WebSocket;
}

impl<S: Send + Sync> FromRequestParts<S> for types::WebSocket {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

#[ws_endpoint("/ws")]
async fn chat(_handshake: Handshake, _settings: types::WebSocket) {
    todo!()
}

fn main() {}
