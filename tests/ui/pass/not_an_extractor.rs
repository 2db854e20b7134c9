//! Everything that takes its value from the head of a request, through aliases too, and as many as there can be.

use std::net::SocketAddr;

use axum::{
    Extension,
    extract::{ConnectInfo, FromRequestParts, MatchedPath, OriginalUri, Path, Query, RawQuery, State},
    http::{HeaderMap, Method, Uri, Version, request::Parts},
};
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

type Name = State<&'static str>;

#[ws_endpoint("/ws/{id}", state = AppState)]
async fn sixteen(
    _handshake: Handshake,
    Path(_id): Path<u64>,
    Query(_query): Query<Vec<(String, String)>>,
    State(_number): State<u64>,
    State(_name): Name,
    Extension(_extension): Extension<u8>,
    ConnectInfo(_peer): ConnectInfo<SocketAddr>,
    _headers: HeaderMap,
    _method: Method,
    _uri: Uri,
    _version: Version,
    _original: OriginalUri,
    _matched: MatchedPath,
    _raw: RawQuery,
    _maybe: Option<Path<u64>>,
    _result: Result<Query<u8>, axum::extract::rejection::QueryRejection>,
    _session: Session,
) {
    todo!()
}

fn main() {}
