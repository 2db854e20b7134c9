//! Extractors of heads that share a name with one of bodies, and codecs of that name.

use axum::{extract::FromRequestParts, http::request::Parts};
use sockeye::{Handshake, ws_endpoint};

/// Reads JSON from a header.
struct Json<T>(Option<T>);

struct Request;

impl<S: Send + Sync, T> FromRequestParts<S> for Json<T> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(None))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Request {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

#[ws_endpoint("/ws")]
async fn chat(_handshake: Handshake<sockeye::Json<u8>>, Json(_header): Json<u8>, _request: Request) {
    todo!()
}

fn main() {}
