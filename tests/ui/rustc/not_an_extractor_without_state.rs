//! An extractor asks for a state, and the attribute does not say which.

use axum::{extract::FromRequestParts, http::request::Parts};
use sockeye::{Handshake, ws_endpoint};

#[derive(Clone)]
struct AppState;

struct Session;

impl FromRequestParts<AppState> for Session {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &AppState) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

/// Documented.
#[ws_endpoint("/ws")]
async fn chat(_handshake: Handshake, _session: Session) {
    todo!()
}

fn main() {}
