//! What a line of the log may hold: bounded values, Sockeye's own words whole, no secret, and the right level. And how many
//! lines there may be.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{FromRequestParts, Path},
    routing::get,
};
use http::{StatusCode, request::Parts};
use serde::{Deserialize, Serialize};
use sockeye::{CloseCode, Error, Handshake, Json, Limits, Server, ws_endpoint};
use sockeye_tests::{
    PATIENCE, Running, dial, logs,
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
    let mut stream = dial(server.addr).await;
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
    assert_eq!(line.get("reason"), "the peer closed the connection with 1000 NORMAL");
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
        assert!(answer.body.contains("the server log says why"), "{answer:?}");
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

/// Is asked again and again from another page.
#[ws_endpoint("/flooded")]
async fn flooded(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await.map(drop)
}

/// The same, by a server that ends.
#[ws_endpoint("/flooded/at/the/end")]
async fn flooded_at_the_end(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await.map(drop)
}

/// The same, by a runtime that ends.
#[ws_endpoint("/flooded/and/dropped")]
async fn flooded_and_dropped(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await.map(drop)
}

/// Is sent what it cannot read, again and again.
#[ws_endpoint("/misread")]
async fn misread(handshake: Handshake<Json<Number>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Sends that many handshakes on one connection, all of which are refused for their origin, and waits for the answers.
async fn flood(addr: SocketAddr, path: &str, times: usize) {
    let (mut from, mut to) = dial(addr).await.into_split();
    let request = format!("GET {path} HTTP/1.1\r\n{HEAD}Origin: https://evil.example\r\n\r\n");
    let last = request.replace("Origin:", "Connection: close\r\nOrigin:");
    let writing = async {
        for _ in 1..times {
            to.write_all(request.as_bytes()).await.expect("sent");
        }
        to.write_all(last.as_bytes()).await.expect("sent");
    };
    let mut answers = Vec::new();
    let reading = from.read_to_end(&mut answers);
    let (read, ()) = within(async { tokio::join!(reading, writing) }).await;
    read.expect("answers");
    let refused = String::from_utf8_lossy(&answers).matches("sockeye-rule: origin_refused").count();
    assert_eq!(refused, times);
}

/// How many were logged one by one, how many in sums, and in how many sums.
fn told(one: &str, more: &str, endpoint: &str) -> (usize, u64, usize) {
    let of = |message| {
        let mut lines = logs::with("message", message);
        lines.retain(|line| line.get("endpoint") == endpoint);
        lines
    };
    let sums = of(more);
    let times = sums.iter().map(|line| line.get("times").parse::<u64>().expect("a number")).sum();
    (of(one).len(), times, sums.len())
}

fn told_of_refusals(endpoint: &str) -> (usize, u64, usize) {
    told("handshake refused", "more handshakes refused", endpoint)
}

/// Waits until that many were told of.
async fn all_told(times: u64, told: impl Fn() -> (usize, u64, usize)) -> (usize, u64, usize) {
    within(async {
        loop {
            let (alone, summed, sums) = told();
            if alone as u64 + summed >= times {
                return (alone, summed, sums);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

#[tokio::test]
async fn what_one_client_is_refused_again_and_again_is_summed_up() {
    const TIMES: u32 = 10_000;
    let server = server().await;
    let begun = Instant::now();
    flood(server.addr, "/flooded", TIMES as usize).await;
    // Another client's one refusal is there before its answer is.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).expect("bound");
    let mut other = socket.connect(server.addr).await.expect("connects");
    let peer = other.local_addr().expect("an address").to_string();
    let request =
        format!("GET /flooded HTTP/1.1\r\n{HEAD}Origin: https://evil.example\r\nConnection: close\r\n\r\n");
    other.write_all(request.as_bytes()).await.expect("sent");
    within(other.read_to_end(&mut Vec::new())).await.expect("an answer");
    let lines = logs::with("peer", &peer);
    assert!(lines.iter().any(|line| line.get("origin") == "https://evil.example"), "{lines:?}");

    let (alone, summed, sums) = all_told(u64::from(TIMES) + 1, || told_of_refusals("flooded")).await;
    // As many sums as seconds, whatever the machine needs, and one for what is left.
    let most = usize::try_from(begun.elapsed().as_secs()).expect("a short time") + 1;
    assert!(alone <= 11 && (1..=most).contains(&sums), "{alone} lines, {sums} sums, at most {most}");
    assert_eq!(alone as u64 + summed, u64::from(TIMES) + 1);
    let sums = logs::with("endpoint", "flooded");
    let sum = sums.iter().find(|line| line.get("message") == "more handshakes refused").expect("a sum");
    assert_eq!(sum.level, Level::WARN);
    let facts = ["rule", "client"].map(|field| sum.get(field));
    assert_eq!(facts, ["origin_refused", "127.0.0.1"], "{sum:?}");
    assert!(sum.get("over").ends_with('s'), "{sum:?}");
}

#[tokio::test]
async fn what_one_client_is_closed_for_again_and_again_is_summed_up() {
    const TIMES: u64 = 50;
    let server = server().await;
    let begun = Instant::now();
    for _ in 0..TIMES {
        let mut client = raw::RawSocket::open_with(server.addr, "/misread", &frame(0x81, b"oops")).await;
        client.send(&frame(0x88, b"\x03\xef")).await;
        assert_eq!(client.rest().await.pop().map(|(first, _)| first), Some(0x88));
    }
    let told = || told("connection closed", "more connections closed", "misread");
    let (alone, summed, sums) = all_told(TIMES, told).await;
    let most = 10 * (1 + begun.elapsed().as_secs());
    assert!(alone as u64 <= most, "{alone} lines, {summed} in {sums} sums");
    assert_eq!(alone as u64 + summed, TIMES);
}

/// Ends by nobody's fault, again and again.
#[ws_endpoint("/comes/and/goes")]
async fn comes_and_goes(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn who_comes_and_goes_again_and_again_is_summed_up() {
    const TIMES: u64 = 1000;
    let server = server().await;
    let begun = Instant::now();
    for _ in 0..TIMES {
        let mut client = raw::RawSocket::open(server.addr, "/comes/and/goes").await;
        client.send(&frame(0x88, b"\x03\xe8")).await;
        client.rest().await;
    }
    let told = || told("connection closed", "more connections closed", "comes_and_goes");
    let (alone, summed, sums) = all_told(TIMES, told).await;
    let most = 100 * (1 + begun.elapsed().as_secs());
    assert!(alone as u64 <= most, "{alone} lines, {summed} in {sums} sums");
    assert_eq!(alone as u64 + summed, TIMES);
    let sums = logs::with("endpoint", "comes_and_goes");
    let sum = sums.iter().find(|line| line.get("message") == "more connections closed").expect("a sum");
    assert_eq!((sum.level, sum.get("rule"), sum.get("client")), (Level::INFO, "", "127.0.0.1"), "{sum:?}");
}

#[tokio::test]
async fn the_last_of_those_who_are_turned_away_are_told_of() {
    logs::listen();
    let limits = Limits::new().max_http_connections(1).handshake_timeout(PATIENCE);
    let server = start(Server::new().limits(limits)).await;
    let _silent = dial(server.addr).await;
    for _ in 0..20 {
        // Every connection counts here: `dial` may open another one.
        let mut stream = tokio::net::TcpStream::connect(server.addr).await.expect("connects");
        within(stream.read_to_end(&mut Vec::new())).await.expect("an answer, and its end");
    }
    let told = || told("connection turned away", "more connections turned away", "");
    let (alone, summed, _) = all_told(20, told).await;
    assert_eq!(alone as u64 + summed, 20);
}

#[tokio::test]
async fn the_last_of_the_requests_that_http_refuses_are_told_of() {
    let server = server().await;
    for _ in 0..20 {
        let mut stream = dial(server.addr).await;
        stream.write_all(b"no HTTP at all\r\n\r\n").await.expect("sent");
        _ = within(stream.read_to_end(&mut Vec::new())).await;
    }
    let told = || told("http request failed", "more http requests failed", "");
    let (alone, summed, _) = all_told(20, told).await;
    assert_eq!(alone as u64 + summed, 20);
}

#[tokio::test]
async fn a_route_that_panics_again_and_again_is_summed_up() {
    logs::listen();
    let router = Router::new().route("/page", get(async || -> &'static str { panic!("no such page") }));
    let server = start(Server::new().router(router)).await;
    let begun = Instant::now();
    for _ in 0..50 {
        let mut stream = dial(server.addr).await;
        stream.write_all(b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
        _ = within(stream.read_to_end(&mut Vec::new())).await;
    }
    let told = || told("http request panicked", "more http requests panicked", "");
    let (alone, summed, sums) = all_told(50, told).await;
    assert_eq!(alone as u64 + summed, 50);
    let most = 20 * (1 + begun.elapsed().as_secs());
    assert!(alone as u64 <= most, "{alone} lines, {summed} in {sums} sums");
}

#[tokio::test]
async fn the_last_sum_is_there_when_the_server_has_ended() {
    let mut server = server().await;
    flood(server.addr, "/flooded/at/the/end", 100).await;
    server.stop();
    server.ended().await;
    let (alone, summed, _) = told_of_refusals("flooded_at_the_end");
    assert_eq!(alone as u64 + summed, 100);
}

#[test]
fn the_last_sum_is_there_when_the_runtime_has_ended() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async { flood(server().await.addr, "/flooded/and/dropped", 100).await });
    drop(runtime);
    let (alone, summed, _) = told_of_refusals("flooded_and_dropped");
    assert_eq!(alone as u64 + summed, 100);
}
