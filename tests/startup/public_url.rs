//! Layers that look at the host or the scheme, as behind a proxy.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Redirect, Response},
};
use sockeye::Server;

use crate::{report, rules};

async fn https_only(request: Request, next: Next) -> Response {
    if request.headers().get("x-forwarded-proto").is_some_and(|scheme| scheme == "https") {
        next.run(request).await
    } else {
        Redirect::permanent("https://app.example.com/").into_response()
    }
}

async fn known_host(request: Request, next: Next) -> Response {
    if request.headers().get(header::HOST).is_some_and(|host| host == "app.example.com:8443") {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, "no such host").into_response()
    }
}

fn open() -> Server {
    Server::new().group("open")
}

#[tokio::test]
async fn a_redirect_to_https_names_the_public_url() {
    insta::assert_snapshot!(report(open().layer(from_fn(https_only))).await);
}

#[tokio::test]
async fn a_list_of_hosts_names_the_public_url() {
    insta::assert_snapshot!(report(open().layer(from_fn(known_host))).await);
}

#[tokio::test]
async fn the_startup_probe_asks_for_the_public_url() {
    for url in
        ["https://app.example.com:8443", "https://app.example.com:8443/", "HTTPS://App.Example.com:8443"]
    {
        let server = open().layer(from_fn(https_only)).layer(from_fn(known_host)).public_url(url);
        assert_eq!(rules(server).await, Vec::<&str>::new(), "{url}");
    }
    let server = open().layer(from_fn(https_only)).public_url("http://app.example.com");
    let report = report(server).await;
    assert!(report.contains("308 Permanent Redirect") && !report.contains("public_url"), "{report}");
}

#[tokio::test]
async fn the_first_host_is_asked_for_where_there_is_no_url() {
    let server = open().layer(from_fn(async |request: Request, next: Next| {
        let known = request.headers().get(header::HOST).is_some_and(|host| host == "app.example.com");
        if known { next.run(request).await } else { StatusCode::MISDIRECTED_REQUEST.into_response() }
    }));
    assert_eq!(rules(server.hosts(["app.example.com", "web"])).await, Vec::<&str>::new());
}

#[tokio::test]
async fn hosts_that_are_none_are_reported() {
    let hosts = [
        "app.example.com",
        "https://app.example.com",
        "app.example.com:443",
        "app.*.example.com",
        "*",
        "a b",
    ];
    insta::assert_snapshot!(report(open().hosts(hosts)).await);
}

#[tokio::test]
async fn urls_that_are_none_are_reported() {
    for (url, help) in [
        ("app.example.com/chat", "help: write `https://app.example.com`"),
        ("wss://app.example.com", "help: write `https://app.example.com`"),
        ("ws://localhost:3000/ws/chat", "help: write `http://localhost:3000`"),
        ("https://app.example.com/chat", "help: write `https://app.example.com`"),
        ("tauri://localhost", "help: write `https://localhost`"),
        ("", "help: write scheme, host and, if it is not the default, port"),
        ("https://*.example.com", "help: write"),
        ("https://", "help: write"),
    ] {
        let server = open().public_url(url);
        assert_eq!(rules(open().public_url(url)).await, ["invalid_host"], "{url}");
        let report = report(server).await;
        assert!(
            report.contains(&format!("the public URL `{url}` is invalid")) && report.contains(help),
            "{report}"
        );
    }
}

#[tokio::test]
async fn the_url_of_a_websocket_is_told_as_what_it_is() {
    let report = report(open().public_url("WS://App.Example.com/ws")).await;
    for words in [
        "the public URL `WS://App.Example.com/ws` is invalid: it is the URL of a WebSocket, not of the server: \
         its scheme must be `http`, not `ws`",
        "help: write `http://app.example.com`, or `https://app.example.com` if a proxy in front speaks TLS",
    ] {
        assert!(report.contains(words), "{report}");
    }
}
