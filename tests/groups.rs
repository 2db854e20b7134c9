//! Groups of endpoints: layers in front of one of them, the path that it is mounted under, and a server in the program's own
//! router.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::{Path, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use sockeye::{Handshake, Limits, Message, Origins, Server, ws_endpoint};
use sockeye_tests::{
    Running, dial, hear, logs,
    raw::{HEAD, ask},
    start, within,
};
use tokio_tungstenite::{MaybeTlsStream, tungstenite};
use tracing::Level;

/// Of everyone.
#[ws_endpoint("/ws/public")]
async fn public(handshake: Handshake) -> sockeye::Result {
    say(handshake, "public").await
}

/// Of administrators.
#[ws_endpoint("/ws/users", group = "admin")]
async fn users(handshake: Handshake) -> sockeye::Result {
    say(handshake, "users").await
}

/// Of a tenant.
#[ws_endpoint("/ws/rooms/{room}", group = "tenant")]
async fn room(handshake: Handshake, Path((tenant, room)): Path<(String, u64)>) -> sockeye::Result {
    say(handshake, &format!("{tenant} {room}")).await
}

async fn say(handshake: Handshake, words: &str) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(Message::text(words)).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

async fn administrators_only(request: Request, next: Next) -> Response {
    let probe = sockeye::is_startup_probe(request.extensions());
    if probe || request.headers().get("authorization").is_some_and(|one| one == "Bearer root") {
        next.run(request).await
    } else {
        (StatusCode::UNAUTHORIZED, "administrators only").into_response()
    }
}

/// The first message of an endpoint.
async fn first(server: &Running, path: &str) -> String {
    hear(&mut server.connect(path).await).await.into_text().unwrap().to_string()
}

async fn status(addr: SocketAddr, path: &str, more: &str) -> u16 {
    ask(addr, &format!("GET {path} HTTP/1.1\r\n{HEAD}{more}\r\n")).await.status
}

#[tokio::test]
async fn a_layer_is_in_front_of_one_group() {
    logs::listen();
    let server = start(Server::new().layer_for("admin", from_fn(administrators_only))).await;
    assert_eq!(first(&server, "/ws/public").await, "public");
    let answer = ask(server.addr, &format!("GET /ws/users HTTP/1.1\r\n{HEAD}\r\n")).await;
    assert_eq!((answer.status, answer.body.as_str()), (401, "administrators only"));
    let told = logs::with("rule", "refused_by_layer");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0]
            .get("reason")
            .contains("a layer of the group \"admin\" in front of the endpoint answered with 401"),
        "{told:?}"
    );
    assert_eq!(told[0].get("endpoint"), "users");
    assert_eq!(status(server.addr, "/ws/users", "Authorization: Bearer root\r\n").await, 101);
}

#[tokio::test]
async fn a_group_is_mounted_under_its_prefix() {
    let server = Server::new().prefix("admin", "/admin").prefix("tenant", "/tenants/{tenant}");
    let server = start(server).await;
    assert_eq!(first(&server, "/ws/public").await, "public");
    assert_eq!(first(&server, "/admin/ws/users").await, "users");
    assert_eq!(first(&server, "/tenants/acme/ws/rooms/7").await, "acme 7");
    let answer = ask(server.addr, &format!("GET /ws/users HTTP/1.1\r\n{HEAD}\r\n")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("did you mean `/admin/ws/users`?"), "{}", answer.body);
}

#[tokio::test]
async fn a_route_of_the_program_shares_the_path_of_an_endpoint_with_layers() {
    let page = Router::new().route("/admin/ws/users", get(async || "the page"));
    let server = Server::new()
        .router(page)
        .prefix("admin", "/admin")
        .layer_for("admin", from_fn(administrators_only))
        .group("admin");
    let server = start(server).await;
    let answer =
        ask(server.addr, "GET /admin/ws/users HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "the page"));
    assert_eq!(status(server.addr, "/admin/ws/users", "").await, 401);
    assert_eq!(status(server.addr, "/admin/ws/users", "Authorization: Bearer root\r\n").await, 101);
}

#[tokio::test]
async fn each_server_of_a_program_has_its_groups_on_its_own_port() {
    let outside = start(Server::new()).await;
    let inside = Server::new().group("admin").prefix("tenant", "/t/{tenant}");
    let inside = start(inside.layer_for("admin", from_fn(administrators_only))).await;
    assert_eq!(first(&outside, "/ws/public").await, "public");
    assert_eq!(status(outside.addr, "/ws/users", "").await, 404);
    assert_eq!(status(inside.addr, "/ws/public", "").await, 404);
    assert_eq!(status(inside.addr, "/ws/users", "").await, 401);
    assert_eq!(first(&inside, "/t/acme/ws/rooms/7").await, "acme 7");
}

#[derive(Clone)]
struct App(&'static str);

/// The server, nested in a router with state.
async fn nested() -> SocketAddr {
    let server = Server::new().group("").group("tenant").nested("/api/{tenant}");
    let server = server.origins(Origins::list(["https://app.example.com"])).state(7_u8);
    let sockets = server.check().await.unwrap().into_router();
    let app = Router::new()
        .route("/", get(async |State(App(name)): State<App>| name))
        .nest("/api/{tenant}", sockets.with_state(()))
        .with_state(App("app"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    addr
}

#[tokio::test]
async fn a_router_without_addresses_is_logged_once() {
    logs::listen();
    let told = || logs::with("rule", "missing_connect_info").len();
    let before = told();
    let served = async |limits| {
        let router = Server::new().limits(limits).check().await.unwrap().into_router();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        for _ in 0..3 {
            assert_eq!(status(addr, "/ws/public", "").await, 101);
        }
    };
    served(Limits::new().trusted_proxies(1)).await;
    assert_eq!(told(), before);
    served(Limits::new()).await;
    let [line] = &logs::with("rule", "missing_connect_info")[before..] else { panic!("one line") };
    assert_eq!(line.level, Level::WARN);
    assert!(line.get("remedy").contains("`into_make_service_with_connect_info::<SocketAddr>()`"), "{line:?}");
}

#[tokio::test]
async fn a_nested_router_serves_as_one_at_the_root() {
    let addr = nested().await;
    let page = ask(addr, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert_eq!(page.body, "app");
    let stream = MaybeTlsStream::Plain(dial(addr).await);
    let url = format!("ws://{addr}/api/acme/ws/rooms/7");
    let (mut client, _) = within(tokio_tungstenite::client_async(url, stream)).await.unwrap();
    assert_eq!(hear(&mut client).await, tungstenite::Message::text("acme 7"));
    let own = "Origin: https://app.example.com\r\n";
    assert_eq!(status(addr, "/api/acme/ws/public", own).await, 101);
    let foreign = "Origin: https://evil.example\r\n";
    let answer = ask(addr, &format!("GET /api/acme/ws/public HTTP/1.1\r\n{HEAD}{foreign}\r\n")).await;
    assert_eq!((answer.status, answer.header("sockeye-rule")), (403, "origin_refused"));
    let stripped =
        ask(addr, "GET /api/acme/ws/public HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert_eq!((stripped.status, stripped.header("sockeye-rule")), (426, "not_an_upgrade"));
    // axum leaves a path without a route to the outer router.
    assert_eq!(status(addr, "/api/acme/ws/nothing", "").await, 404);
}
