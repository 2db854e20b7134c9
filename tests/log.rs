//! What a line of the log may hold: bounded values, Sockeye's own words whole, no secret, and the right level.

use axum::extract::{FromRequestParts, Path};
use http::{StatusCode, request::Parts};
use serde::{Deserialize, Serialize};
use sockeye::{CloseCode, Error, Handshake, Json, Server, ws_endpoint};
use sockeye_tests::{
    Running, logs,
    raw::{self, HEAD, ask, frame},
    start, within,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tracing::Level;

/// No field is longer, mark and all.
const LONGEST: usize = 1200;

async fn server() -> Running {
    logs::listen();
    start(Server::new()).await
}

#[derive(Serialize, Deserialize)]
struct Number {
    n: u8,
}

/// Repeats numbers.
#[ws_endpoint("/numbers")]
async fn numbers(handshake: Handshake<Json<Number>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(number) = socket.recv().await? {
        socket.send(number).await?;
    }
    Ok(())
}

/// Fails in every way, at great length.
#[ws_endpoint("/fails/{how}")]
async fn fails(handshake: Handshake, Path(how): Path<String>) -> sockeye::Result {
    let words = "long ".repeat(1000);
    match how.as_str() {
        "rejects" => return Err(handshake.reject(StatusCode::CONFLICT, words)),
        "early" => return Err(Error::new(words)),
        "panics" => panic!("{words}"),
        _ => {}
    }
    let socket = handshake.accept().await?;
    match how.as_str() {
        "closes" => socket.close(CloseCode::NORMAL, words).await,
        "returns" => Err(Error::close(CloseCode::NORMAL, words)),
        "late" => Err(Error::new(words)),
        _ => panic!("{words}"),
    }
}

/// Lacks what it needs.
struct Broken;

impl<S: Sync> FromRequestParts<S> for Broken {
    type Rejection = (StatusCode, [(&'static str, &'static str); 2], &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let status = if parts.uri.query().is_some() {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        let headers = [("x-inside", "db-7.internal"), ("retry-after", "7")];
        Err((status, headers, "Missing request extension: Pool at db-7.internal"))
    }
}

/// Is behind an extractor that fails by the server's fault.
#[ws_endpoint("/broken")]
async fn broken(handshake: Handshake, _broken: Broken) -> sockeye::Result {
    handshake.accept().await.map(drop)
}

/// Sends a request with these lines in its head, and gives the answer and its event.
async fn refused(server: &Running, path: &str, lines: &str) -> (raw::Answer, logs::Line) {
    let before = logs::with("message", "handshake refused").len();
    let answer = ask(server.addr, &format!("GET {path} HTTP/1.1\r\n{HEAD}{lines}\r\n")).await;
    let rule = answer.header("sockeye-rule").to_owned();
    let line = logs::with("message", "handshake refused")
        .into_iter()
        .skip(before)
        .find(|line| line.get("rule") == rule);
    (answer, line.expect("an event"))
}

/// Opens a connection, sends a frame, and gives the event of its end.
async fn closed(server: &Running, path: &str, lines: &str, sent: &[u8]) -> logs::Line {
    let mut stream = sockeye_tests::dial(server.addr).await;
    let peer = stream.local_addr().expect("an address").to_string();
    let request = format!("GET {path} HTTP/1.1\r\n{HEAD}{lines}\r\n");
    let bytes = [request.as_bytes(), sent, &frame(0x88, b"\x03\xe8")].concat();
    stream.write_all(&bytes).await.expect("sent");
    // Whatever comes: the connection may be reset.
    _ = within(stream.read_to_end(&mut Vec::new())).await;
    drop(stream);
    logs::closing_of(&peer).await
}

#[track_caller]
fn assert_bounded(line: &logs::Line) {
    for (field, text) in &line.fields {
        assert!(text.len() <= LONGEST, "`{field}` has {} bytes", text.len());
    }
    let shown = ["reason", "origin"].map(|field| line.get(field));
    assert!(shown.iter().any(|text| text.contains("… (") && text.contains(" bytes)")), "{line:?}");
}

#[tokio::test]
async fn no_value_from_outside_makes_a_line_long() {
    let server = server().await;
    let (long, odd) = ("v".repeat(60_000), "\u{fe}".repeat(30_000));
    for lines in [
        format!("Sec-WebSocket-Version: {long}\r\n"),
        format!("Sec-WebSocket-Version: {odd}\r\n"),
        format!("Origin: https://{long}.example\r\n"),
    ] {
        let head = HEAD.replace("Sec-WebSocket-Version: 13\r\n", "");
        let head = if lines.starts_with("Sec-WebSocket-Version") { head.as_str() } else { HEAD };
        let answer = ask(server.addr, &format!("GET /numbers HTTP/1.1\r\n{head}{lines}\r\n")).await;
        assert!(answer.status >= 400 && answer.body.len() < 1000, "{} {}", answer.status, answer.body.len());
    }
    for how in ["rejects", "early", "panics"] {
        assert_bounded(&refused(&server, &format!("/fails/{how}"), "").await.1);
    }
    for how in ["late", "breaks"] {
        assert_bounded(&closed(&server, &format!("/fails/{how}"), "", b"").await);
    }
    // A text message of 30,008 bytes, masked with zeros.
    let message = format!("{{\"n\":\"{}\"}}", "n".repeat(30_000));
    let message = [&[0x81, 0xfe, 0x75, 0x38, 0, 0, 0, 0], message.as_bytes()].concat();
    assert_bounded(&closed(&server, "/numbers", "", &message).await);
    let refused = logs::with("message", "handshake refused");
    assert!(refused.len() >= 6, "{refused:?}");
    for line in refused {
        assert!(line.fields.values().all(|text| text.len() <= LONGEST), "{line:?}");
    }
}

#[tokio::test]
async fn many_cookies_and_common_words_hide_nothing() {
    let server = server().await;
    let jar = |n| {
        (0..n).map(|i| format!("_ga_{i}=GS1.1.17{i:06}.{i}.1.17%2F{i:04}")).collect::<Vec<_>>().join("; ")
    };
    let huge = format!("a={}", "x".repeat(40_000));
    for (path, cookies) in [
        ("/numbers", jar(65)),
        ("/numbers", jar(180)),
        ("/numbers?mode=line&view=expected&flag=true&page=1", String::new()),
    ] {
        let lines = if cookies.is_empty() { String::new() } else { format!("Cookie: {cookies}\r\n") };
        let line = closed(&server, path, &lines, &frame(0x81, b"oops")).await;
        assert_eq!(line.get("reason"), "expected value at line 1 column 1", "{line:?}");
    }
    // Where there is more than is looked for, Sockeye's own words stay.
    let lines = format!("Cookie: {huge}\r\n");
    let line = closed(&server, "/numbers", &lines, &frame(0x81, b"{\"n\":7}")).await;
    assert_eq!(line.get("reason"), "the peer closed with 1000 NORMAL");
    let line = closed(&server, "/fails/breaks", &lines, b"").await;
    assert!(line.get("reason").starts_with("the handler panicked: [hidden: "), "{line:?}");
}

#[tokio::test]
async fn a_fault_of_the_server_tells_the_client_nothing_of_the_inside() {
    let server = server().await;
    for (path, status, level) in [("/broken", 500, Level::ERROR), ("/broken?full", 503, Level::WARN)] {
        let (answer, line) = refused(&server, path, "").await;
        assert_eq!(
            (answer.status, answer.header("sockeye-rule")),
            (status, "extractor_refused"),
            "{answer:?}"
        );
        assert!(!answer.head.contains("inside") && !answer.body.contains("Pool"), "{answer:?}");
        assert!(answer.body.contains("its log says why"), "{answer:?}");
        assert_eq!(answer.header("retry-after"), "7");
        assert_eq!(line.level, level);
        let reason = line.get("reason");
        assert!(reason.ends_with("Missing request extension: Pool at db-7.internal"), "{reason}");
    }
}

#[tokio::test]
async fn a_panic_is_an_error_whenever_it_comes() {
    let server = server().await;
    let (_, early) = refused(&server, "/fails/panics", "").await;
    let late = closed(&server, "/fails/breaks", "", b"").await;
    for line in [early, late] {
        assert_eq!((line.level, line.get("rule")), (Level::ERROR, "handler_panic"), "{line:?}");
    }
    let (_, rejected) = refused(&server, "/fails/rejects", "").await;
    assert_eq!(rejected.level, Level::WARN);
}
