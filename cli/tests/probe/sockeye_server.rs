//! A real Sockeye server, with its refusals.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpStream},
    sync::OnceLock,
    thread,
};

use axum::{extract::Query, http::StatusCode};
use sockeye::{CloseCode, Handshake, Server, ws_endpoint};

use super::{
    canned::{read_request, serve},
    probe::{probe, report, steady},
};

/// Sends every message back.
#[ws_endpoint("/ws", subprotocols = ["v2", "v1"])]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Lets every page in.
#[ws_endpoint("/open", origins = any)]
async fn open(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Asks for something in the query.
#[ws_endpoint("/page")]
async fn page(handshake: Handshake, Query(_number): Query<Vec<(String, u64)>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Wants credentials.
#[ws_endpoint("/private")]
async fn private(handshake: Handshake) -> sockeye::Result {
    Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first"))
}

/// Panics before it accepts.
#[ws_endpoint("/panic")]
async fn panics(handshake: Handshake) -> sockeye::Result {
    drop(handshake);
    panic!("the password is hunter2")
}

/// Accepts, and fails.
#[ws_endpoint("/fails")]
async fn fails(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.recv().await?;
    Err(sockeye::Error::close(CloseCode::TRY_AGAIN_LATER, "the room is full"))
}

/// Accepts, and ends.
#[ws_endpoint("/ends")]
async fn ends(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// One server for all tests.
pub(crate) fn server() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let (tell, told) = std::sync::mpsc::channel();
        thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                Server::new().check().await.unwrap().serve_on(listener).await.unwrap();
            });
        });
        told.recv().unwrap()
    })
}

pub(crate) fn report_on(path: &str, more: &[&str]) -> String {
    let url = format!("ws://{}{path}", server());
    steady(&probe(&[&[url.as_str()], more].concat()), server())
}

#[test]
fn a_healthy_endpoint() {
    insta::assert_snapshot!(report(server(), &["--subprotocol", "v1"]));
}

#[test]
fn an_endpoint_for_any_page() {
    let report = report_on("/open", &[]);
    assert!(report.contains("warn  origin    any web page may connect"), "{report}");
}

#[test]
fn the_origin_is_refused() {
    insta::assert_snapshot!(report(server(), &["--origin", "https://app.example.com"]));
}

#[test]
fn the_subprotocol_is_refused() {
    insta::assert_snapshot!(report(server(), &["--subprotocol", "v3"]));
}

#[test]
fn the_handler_refuses() {
    insta::assert_snapshot!(report_on("/private", &[]));
}

#[test]
fn an_extractor_refuses() {
    let report = report_on("/page?number=secret", &[]);
    assert!(report.contains("rule: extractor_refused: "), "{report}");
    assert!(!report.contains("secret"), "{report}");
}

#[test]
fn the_handler_panics() {
    insta::assert_snapshot!(report_on("/panic", &[]));
}

#[test]
fn there_is_no_such_endpoint() {
    let report = report_on("/nowhere", &[]);
    assert!(report.contains("fail  http      404 Not Found\n"), "{report}");
    assert!(
        report.contains("rule: unknown_route: A WebSocket handshake requests a path that no endpoint has."),
        "{report}"
    );
    assert!(report.contains("no endpoint has the path `/nowhere`"), "{report}");
    assert!(report.contains("`cargo sockeye routes` lists them"), "{report}");
}

#[test]
fn the_handler_ends_at_once() {
    let report = report_on("/ends", &[]);
    assert!(
        report.contains(
            "warn  ping      the server closed the connection right after the handshake with 1000 (normal closure)\n"
        ),
        "{report}"
    );
    assert!(
        report.contains("help: the handler returned: to keep the connection open, receive in a loop"),
        "{report}"
    );
}

#[test]
fn the_handler_has_its_own_last_word() {
    let report = report_on("/fails", &[]);
    assert!(report.contains("  ok    close     1000 was answered with 1000 in N ms\n"), "{report}");
}

/// A proxy that takes these headers out of each request.
fn proxy(lost: &'static [&'static str]) -> SocketAddr {
    serve(move |mut client| {
        let request = read_request(&mut client).0;
        let kept =
            request.split_inclusive("\r\n").filter(|line| !lost.iter().any(|name| line.starts_with(name)));
        let mut server = TcpStream::connect(server()).unwrap();
        server.write_all(kept.collect::<String>().as_bytes()).unwrap();
        let _ = std::io::copy(&mut server, &mut client);
    })
}

#[test]
fn a_proxy_takes_the_upgrade_away() {
    insta::assert_snapshot!(report(proxy(&["Upgrade", "Connection"]), &["--timeout", "5"]));
}

#[test]
fn a_proxy_changes_the_host() {
    let address = serve(|mut client| {
        let request = read_request(&mut client).0.replace("Host: 127.0.0.1", "Host: internal");
        let mut server = TcpStream::connect(server()).unwrap();
        server.write_all(request.as_bytes()).unwrap();
        let mut answers = (server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut answers.0, &mut answers.1));
        let _ = std::io::copy(&mut client, &mut server);
    });
    let report = report(address, &[]);
    assert!(
        report.contains("  ok    origin    no page may connect, not even one of `http://127.0.0.1:PORT`"),
        "{report}"
    );
    assert!(report.contains("proxy_set_header Host $http_host;"), "{report}");
}
