use axum::http::{HeaderMap, header, request::Parts};
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

/// Looks at the cookie by itself.
#[ws_endpoint("/ws/read", origins = any, group = "origins any, cookie read")]
async fn cookie_read(handshake: Handshake) -> sockeye::Result {
    let session = handshake.headers()["cookie"].clone();
    let socket = handshake.accept().await?;
    socket.send(format!("{session:?}")).await?;
    socket.close(sockeye::CloseCode::NORMAL, "").await
}

/// Looks at the cookie in all headers; the server decides about origins.
#[ws_endpoint("/ws/headers", group = "origins of the server, cookie read")]
async fn cookie_of_headers(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    let session = headers.get(header::COOKIE).cloned();
    let socket = handshake.accept().await?;
    socket.send(format!("{session:?}")).await?;
    socket.close(sockeye::CloseCode::NORMAL, "").await
}

/// Has the cookie read for it.
#[ws_endpoint("/ws/named", origins = any, group = "origins any, cookie token")]
async fn cookie_token(handshake: Handshake) -> sockeye::Result {
    let session = format!("{:?}", handshake.cookie_token("session"));
    let socket = handshake.accept().await?;
    socket.send(session).await?;
    socket.close(sockeye::CloseCode::NORMAL, "").await
}

/// Takes a token that no browser sends by itself, and no cookie.
#[ws_endpoint("/ws/token", origins = any, group = "origins any, token")]
async fn token(handshake: Handshake, headers: HeaderMap) -> sockeye::Result {
    let token = handshake.headers().get(header::AUTHORIZATION).or(headers.get("set-cookie")).cloned();
    let socket = handshake.accept().await?;
    socket.send(format!("no cookie, but {token:?}")).await?;
    socket.close(sockeye::CloseCode::NORMAL, "").await
}

#[tokio::test]
async fn any_page_with_a_cookie_that_the_handler_reads() {
    insta::assert_snapshot!(report(Server::new().group("origins any, cookie read")).await);
    let named = Server::new().group("origins any, cookie token");
    assert_eq!(rules(named).await, ["origin_wildcard_with_credentials"]);
    let server = || Server::new().group("origins of the server, cookie read");
    assert_eq!(rules(server()).await, Vec::<&str>::new());
    assert_eq!(rules(server().origins(Origins::any())).await, ["origin_wildcard_with_credentials"]);
}

#[tokio::test]
async fn any_page_with_a_token_of_its_own_is_right() {
    assert_eq!(rules(Server::new().group("origins any, token")).await, Vec::<&str>::new());
}

#[tokio::test]
async fn entries_that_no_browser_sends() {
    let origins = ["https://app.example.com", "ws://app.example.com", "https://app.example.com/chat", "null"];
    let server = Server::new().group("origins of the server").origins(Origins::list(origins));
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn patterns_that_leave_too_much_open() {
    let patterns = [
        "https://*.example.com",
        "https://*.com",
        "https://app-*.example.com",
        "wss://*.example.com/",
        "https://*",
    ];
    let server = Server::new().group("origins of the server").origins(Origins::list(patterns));
    insta::assert_snapshot!(report(server).await);
    let server =
        Server::new().group("origins of the server").origins(Origins::matching("http://*.localhost:5173"));
    assert_eq!(rules(server).await, Vec::<&str>::new());
    let server = Server::new().group("origins of the server").origins(Origins::from_fn(|_, _| true));
    assert_eq!(rules(server).await, Vec::<&str>::new());
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
