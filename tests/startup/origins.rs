use axum::http::request::Parts;
use sockeye::{Handshake, Origins, Server, ws_endpoint};

use crate::{report, rules};

/// Stands for the extractor of `axum-extra`.
struct CookieJar;

impl<S: Sync> axum::extract::FromRequestParts<S> for CookieJar {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

/// Reads cookies.
#[ws_endpoint("/ws/cookies", origins = any, group = "origins any")]
async fn cookies(handshake: Handshake, _jar: CookieJar) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// Gives nothing to whoever is logged in.
#[ws_endpoint("/ws/public", origins = any, group = "origins any")]
async fn public(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// Has the server's origins, and cookies.
#[ws_endpoint("/ws/cookies", group = "origins of the server")]
async fn cookies_of_the_server(handshake: Handshake, _jar: CookieJar) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

#[tokio::test]
async fn entries_that_no_browser_sends() {
    let origins = ["https://app.example.com", "ws://app.example.com", "https://app.example.com/chat", "null"];
    let server = Server::new().group("origins of the server").origins(Origins::list(origins));
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn any_page_with_cookies() {
    insta::assert_snapshot!(report(Server::new().group("origins any")).await);
}

#[tokio::test]
async fn any_page_with_cookies_by_the_server() {
    let server = Server::new().group("origins of the server");
    assert_eq!(rules(server).await, Vec::<&str>::new());
    let server = Server::new().group("origins of the server").origins(Origins::any());
    assert_eq!(rules(server).await, ["origin_wildcard_with_credentials"]);
}
