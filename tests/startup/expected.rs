use sockeye::{Handshake, Server, ws_endpoint};

use crate::{report, rules};

/// What is there.
#[ws_endpoint("/ws/events/{id}", group = "expected")]
async fn events(handshake: Handshake, axum::extract::Path(_id): axum::extract::Path<u64>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

#[tokio::test]
async fn no_endpoint_at_all() {
    // How many endpoints the other tests have is not what this one is about.
    let report = report(Server::new().group("no such group")).await;
    let count =
        report.split(" endpoints in other groups").next().and_then(|before| before.rsplit(' ').next());
    insta::assert_snapshot!(report.replace(count.expect("a number"), "N"));
}

#[tokio::test]
async fn an_expected_route_that_is_not_there() {
    let server = Server::new().group("expected").expect(["/ws/event/{id}", "/nothing/like/it", "/files/{x}"]);
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn an_expected_route_that_is_there() {
    let server = Server::new().group("expected").expect(["/ws/events/{any_name}"]);
    assert_eq!(rules(server).await, Vec::<&str>::new());
}
