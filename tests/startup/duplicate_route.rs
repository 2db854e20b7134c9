use axum::extract::Path;
use sockeye::{Handshake, Server, ws_endpoint};
use sockeye_fixture_library as _;

use crate::report;

/// An endpoint of `sockeye-fixture-library` has this route too.
#[ws_endpoint("/duplicate/{name}", group = "duplicate_route")]
async fn second(handshake: Handshake, Path(_name): Path<String>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

#[tokio::test]
async fn one_route_in_two_crates_is_reported() {
    insta::assert_snapshot!(report(Server::new().group("duplicate_route")).await);
}
