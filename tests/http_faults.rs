//! What hyper and h2 refuse by themselves is said nevertheless; and what floods of HTTP/2 come to.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use sockeye::{Handshake, Limits, Server, ws_endpoint};
use sockeye_tests::{
    Running, dial,
    http2::{END_HEADERS, END_STREAM, Frame, Http2, block, kind, request},
    logs, raw, start, within,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

async fn server(limits: Limits) -> Running {
    logs::listen();
    start(Server::new().router(Router::new().route("/small", get(async || "ok"))).limits(limits)).await
}

/// The event about this client: its rule, its reason, its remedy.
async fn said(peer: SocketAddr) -> [String; 3] {
    let line = async {
        loop {
            let lines = logs::with("peer", &peer.to_string());
            if let Some(line) = lines.iter().find(|line| line.get("message") == "http request failed") {
                return ["rule", "reason", "remedy"].map(|field| line.get(field).to_owned());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(line).await
}

/// What a client hears that sends this, and what the log says.
async fn refused(request: &[u8]) -> (String, [String; 3]) {
    let server = server(Limits::new()).await;
    let mut client = dial(server.addr).await;
    client.write_all(request).await.unwrap();
    let mut answer = [0; 12];
    within(client.read_exact(&mut answer)).await.unwrap();
    (String::from_utf8_lossy(&answer).into_owned(), said(client.local_addr().unwrap()).await)
}

#[tokio::test]
async fn what_http_1_refuses_is_an_event_with_the_reason() {
    let cookie = format!("GET /echo HTTP/1.1\r\nhost: x\r\ncookie: {}\r\n\r\n", "x".repeat(70_000));
    let path = format!("GET /echo?{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(65_600));
    let fields = (0..120).map(|number| format!("x-{number}: y\r\n")).collect::<Vec<_>>().concat();
    let fields = format!("GET /echo HTTP/1.1\r\n{fields}\r\n");
    for request in [&cookie, &path, &fields] {
        let (answer, [rule, reason, remedy]) = refused(request.as_bytes()).await;
        assert!(answer == "HTTP/1.1 431" || answer == "HTTP/1.1 414", "{answer}");
        assert_eq!(rule, "head_too_large");
        assert!(
            reason.contains("over HTTP/1.1: ") && reason.ends_with("the limit is 65536 bytes"),
            "{reason}"
        );
        assert!(remedy.contains("`Limits::max_request_head_size`"), "{remedy}");
    }
    for (request, words) in [
        (
            &b"GET /echo HTTP/1.1\r\nx na: v\r\n\r\n"[..],
            "over HTTP/1.1: invalid HTTP header parsed, status 400",
        ),
        (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x8a\x01\x02\x03\x04",
            "the client sent TLS, status 400",
        ),
        (b"PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n\r\n", "the client sent the PROXY protocol, status 400"),
    ] {
        let (answer, [rule, reason, _]) = refused(request).await;
        assert_eq!(
            (answer.as_str(), rule.as_str(), reason.as_str()),
            ("HTTP/1.1 400", "malformed_request", words)
        );
    }
}

#[tokio::test]
async fn one_limit_on_heads_holds_over_both_versions() {
    let server = server(Limits::new().max_request_head_size(20_000)).await;
    for (size, ok) in [(19_000, true), (20_000, false)] {
        let cookie = "x".repeat(size);
        let answer =
            raw::ask(server.addr, &format!("GET /small HTTP/1.1\r\nhost: x\r\ncookie: {cookie}\r\n\r\n"))
                .await;
        assert_eq!(answer.status == 200, ok, "{answer:?}");

        let mut client = Http2::connect(server.addr, 1 << 16).await;
        let block = block(&[request("GET", "/small"), vec![("cookie", &*cookie)]].concat());
        let (first, rest) = block.split_at(16_000);
        client.send(&Frame::new(kind::HEADERS, END_STREAM, 1, first)).await;
        client.send(&Frame::new(kind::CONTINUATION, END_HEADERS, 1, rest)).await;
        let answer = client.until(kind::HEADERS).await;
        assert_eq!(answer.payload == [0x48, 0x83, 0x69, 0x90, 0xff], !ok, "{answer:?}");
        if !ok {
            let [rule, reason, _] = said(client.stream.local_addr().unwrap()).await;
            let words = "over HTTP/2: message head is too large, status 431; the limit is 20000 bytes";
            assert_eq!((rule.as_str(), reason.as_str()), ("head_too_large", words));
        }
    }
}

#[tokio::test]
async fn what_h2_refuses_is_an_event_with_the_reason() {
    let server = server(Limits::new()).await;
    let mut client = Http2::connect(server.addr, 1 << 16).await;
    let without_method = block(&request("GET", "/small")[1..]);
    client.send(&Frame::new(kind::HEADERS, END_STREAM | END_HEADERS, 1, without_method)).await;
    let reset = client.until(kind::RST_STREAM).await;
    assert_eq!((reset.stream, reset.code()), (1, 1));
    let [rule, reason, _] = said(client.stream.local_addr().unwrap()).await;
    assert_eq!(
        (rule.as_str(), reason.as_str()),
        ("malformed_request", "over HTTP/2: the stream was reset with PROTOCOL_ERROR")
    );
}

/// A request for a WebSocket over HTTP/2 (RFC 8441, section 4).
fn connect() -> Vec<(&'static str, &'static str)> {
    let mut fields = request("CONNECT", "/echo");
    fields.extend([(":protocol", "websocket"), ("sec-websocket-version", "13")]);
    fields
}

#[tokio::test]
async fn a_connect_with_a_length_is_an_event() {
    for length in ["5", "1"] {
        let server = server(Limits::new()).await;
        let mut client = Http2::connect(server.addr, 1 << 16).await;
        let fields = [connect(), vec![("content-length", length)]].concat();
        client.send(&Frame::new(kind::HEADERS, END_HEADERS, 1, block(&fields))).await;
        client.rest().await;
        let [rule, reason, remedy] = said(client.stream.local_addr().unwrap()).await;
        let words = "over HTTP/2: the connection was closed for a CONNECT with a content-length, which hyper does not accept";
        assert_eq!((rule.as_str(), reason.as_str()), ("malformed_request", words));
        assert!(remedy.starts_with("remove `content-length` from the request"), "{remedy}");
    }
}

#[tokio::test]
async fn a_stream_too_many_is_told_how_many_there_may_be() {
    let server = server(Limits::new()).await;
    let mut client = Http2::connect(server.addr, 1 << 16).await;
    for stream in 0..=200 {
        client.send(&Frame::new(kind::HEADERS, END_HEADERS, 2 * stream + 1, block(&connect()))).await;
    }
    let reset = client.until(kind::RST_STREAM).await;
    assert_eq!((reset.stream, reset.code()), (401, 7));
    let [rule, reason, remedy] = said(client.stream.local_addr().unwrap()).await;
    let words = "over HTTP/2: the stream was reset with REFUSED_STREAM";
    assert_eq!((rule.as_str(), reason.as_str()), ("malformed_request", words));
    assert!(
        remedy.starts_with(
            "let the client open no more streams on one connection than the server's SETTINGS say"
        ),
        "{remedy}"
    );
}

/// A flood of one mistake does not hide another.
#[tokio::test]
async fn the_first_of_each_cause_is_said() {
    let server = server(Limits::new()).await;
    let beginnings = [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x8a\x01\x02\x03\x04"[..],
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n\r\n",
    ];
    let mut peers = Vec::new();
    for beginning in beginnings.repeat(3) {
        let mut client = dial(server.addr).await;
        peers.push(client.local_addr().unwrap());
        client.write_all(beginning).await.unwrap();
        within(client.read_to_end(&mut Vec::new())).await.unwrap();
    }
    let mut reasons = Vec::new();
    for peer in &peers[..3] {
        reasons.push(said(*peer).await[1].clone());
    }
    assert_eq!(
        reasons,
        [
            "the client sent TLS, status 400",
            "the client sent SSH, status 400",
            "the client sent the PROXY protocol, status 400"
        ]
    );
    for reason in reasons {
        let sum = async {
            while !logs::with("reason", &reason)
                .iter()
                .any(|line| line.get("message") == "more http requests failed")
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within(sum).await;
    }
}

#[tokio::test]
async fn clients_of_http2_that_leave_in_order_are_no_event() {
    let server = server(Limits::new()).await;
    let request = || Frame::new(kind::HEADERS, END_STREAM | END_HEADERS, 1, block(&request("GET", "/small")));
    let goaway = Frame::new(kind::GOAWAY, 0, 0, [0; 8]);
    let mut peers = Vec::new();
    for (asks, says_so, shuts) in
        [(true, true, false), (true, false, true), (false, true, false), (false, false, true)]
    {
        let mut client = Http2::connect(server.addr, 1 << 16).await;
        peers.push(client.stream.local_addr().unwrap().to_string());
        if asks {
            client.send(&request()).await;
            client.until(kind::HEADERS).await;
        }
        if says_so {
            client.send(&goaway).await;
        }
        if shuts {
            client.stream.shutdown().await.unwrap();
        }
        client.rest().await;
    }
    // One of zero is none.
    let mut client = Http2::connect(server.addr, 1 << 16).await;
    let fields = [connect(), vec![("content-length", "0")]].concat();
    client.send(&Frame::new(kind::HEADERS, END_HEADERS, 1, block(&fields))).await;
    client.until(kind::HEADERS).await;
    peers.push(client.stream.local_addr().unwrap().to_string());
    drop(client);
    for peer in peers {
        let lines = logs::with("peer", &peer);
        assert!(lines.iter().all(|line| line.get("message") != "http request failed"), "{lines:?}");
    }
}

/// Floods end the connection, and the log says why.
async fn ended(flood: impl AsyncFn(&mut Http2, u32) -> std::io::Result<()>) -> String {
    let server = server(Limits::new()).await;
    let mut client = Http2::connect(server.addr, 1 << 16).await;
    let pour = async {
        for stream in (1..).step_by(2) {
            if flood(&mut client, stream).await.is_err() {
                return;
            }
        }
    };
    within(pour).await;
    let [rule, reason, _] = said(client.stream.local_addr().unwrap()).await;
    assert_eq!(rule, "malformed_request");
    assert_eq!(raw::ask(server.addr, "GET /small HTTP/1.1\r\nhost: x\r\n\r\n").await.status, 200);
    reason
}

#[tokio::test]
async fn a_flood_of_continuations_ends_the_connection() {
    let reason = ended(async |client, stream| {
        if stream == 1 {
            client
                .try_send(&Frame::new(kind::HEADERS, END_STREAM, 1, block(&request("GET", "/small"))))
                .await?;
        }
        client.try_send(&Frame::new(kind::CONTINUATION, 0, 1, block(&[("x", "y")]))).await
    });
    assert_eq!(reason.await, "over HTTP/2: the connection was closed with ENHANCE_YOUR_CALM");
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection() {
    let reason = ended(async |client, stream| {
        let head = block(&request("GET", "/small"));
        let both = [
            Frame::new(kind::HEADERS, END_STREAM | END_HEADERS, stream, head),
            Frame::new(kind::RST_STREAM, 0, stream, 8_u32.to_be_bytes()),
        ];
        client.try_send_all(&both).await
    });
    assert_eq!(reason.await, "over HTTP/2: the connection was closed with ENHANCE_YOUR_CALM");
}

#[tokio::test]
async fn pings_and_settings_are_not_activity() {
    let server = server(
        Limits::new().handshake_timeout(Duration::from_millis(300)).close_timeout(Duration::from_millis(100)),
    )
    .await;
    let mut client = Http2::connect(server.addr, 1 << 16).await;
    let lively = async {
        while client.try_send(&Frame::new(kind::PING, 0, 0, [0; 8])).await.is_ok()
            && client.try_send(&Frame::new(kind::SETTINGS, 0, 0, [])).await.is_ok()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within(lively).await;
}
