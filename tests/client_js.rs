//! The client module for browsers, served by the server.

use axum::Router;
use http::StatusCode;
use sockeye::{Handshake, Server, testing::TestClient, ws_endpoint};

const SOURCE: &str = include_str!("../client/sockeye.js");

/// Echoes.
#[ws_endpoint("/ws/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_browser_loads_the_module_and_then_asks_whether_it_has_changed()
-> Result<(), Box<dyn std::error::Error>> {
    let pages = Router::new().route("/sockeye.js", sockeye::client_js());
    let client = TestClient::new(Server::new().router(pages)).await?;
    let first = client.get("/sockeye.js").await?;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    assert_eq!(first.text(), SOURCE);

    let etag = first.header("etag").ok_or("an entity tag")?;
    let again = client.request("/sockeye.js").header("if-none-match", etag).send().await?;
    assert_eq!((again.status(), again.text()), (StatusCode::NOT_MODIFIED, ""));
    let stale = client.request("/sockeye.js").header("if-none-match", "\"another\"").send().await?;
    assert_eq!(stale.status(), StatusCode::OK);
    Ok(())
}
