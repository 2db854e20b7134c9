use axum::extract::Path;
use sockeye::{Handshake, Server, ws_endpoint};

use crate::report;

/// One segment.
#[ws_endpoint("/files/{id}", group = "conflicting_route")]
async fn one(handshake: Handshake, Path(_id): Path<String>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// Any number of segments, one included.
#[ws_endpoint("/files/{*rest}", group = "conflicting_route")]
async fn all(handshake: Handshake, Path(_rest): Path<String>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

#[tokio::test]
async fn overlapping_routes_are_reported() {
    insta::assert_snapshot!(report(Server::new().group("conflicting_route")).await);
}
