//! `Server::tls`: `wss://` over both versions of HTTP, what clients without TLS are told, certificates that change.

mod attacks;
mod guards;
mod origins;
mod secured;

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use http::{Method, Request, StatusCode, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::ext::Protocol;
use hyper_util::rt::TokioIo;
use sockeye::{Handshake, Limits, ws_endpoint};
use sockeye_tests::{PATIENCE, dial, logs, raw, within};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};
use tracing::Level;

use self::secured::{Secured, http2, secured};

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

async fn echoes<S>(socket: &mut WebSocketStream<S>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    for text in ["here".to_owned(), "long ".repeat(10_000)] {
        within(socket.send(Message::text(&*text))).await.unwrap();
        assert_eq!(within(socket.next()).await.unwrap().unwrap(), Message::text(text));
    }
}

/// The lines about this client, at least this many.
async fn lines_about(peer: SocketAddr, least: usize) -> Vec<logs::Line> {
    let lines = async {
        loop {
            let lines = logs::with("peer", &peer.to_string());
            if lines.len() >= least {
                return lines;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(lines).await
}

/// The only line about this client: its rule, its reason, its remedy.
async fn said(peer: SocketAddr) -> [String; 3] {
    let lines = lines_about(peer, 1).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((lines[0].level, lines[0].get("message")), (Level::WARN, "http request failed"));
    ["rule", "reason", "remedy"].map(|field| lines[0].get(field).to_owned())
}

/// All that a client gets that sends these bytes, and what the log says.
async fn told(sent: &[u8]) -> (Vec<u8>, [String; 3]) {
    let server = secured(Limits::new().handshake_timeout(PATIENCE)).await;
    let mut client = dial(server.running.addr).await;
    client.write_all(sent).await.unwrap();
    let mut told = Vec::new();
    let _reset_or_not = within(client.read_to_end(&mut told)).await;
    (told, said(client.local_addr().unwrap()).await)
}

#[tokio::test]
async fn wss_works_over_http_1() {
    let server = secured(Limits::new()).await;
    for protocols in [&["http/1.1"][..], &[]] {
        let stream = server.try_dial(protocols).await.unwrap();
        let chosen = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        assert_eq!(chosen, protocols.first().map(|protocol| protocol.as_bytes().to_vec()));
        let mut socket = server.upgrade(stream).await;
        echoes(&mut socket).await;
        within(socket.close(None)).await.unwrap();
        while within(socket.next()).await.is_some() {}
    }
}

#[tokio::test]
async fn wss_works_over_http_2() {
    let server = secured(Limits::new()).await;
    let mut client = http2(&server).await;
    let request = |method: Method, path: &str| {
        let uri = format!("https://localhost:{}{path}", server.running.addr.port());
        Request::builder().method(method).uri(uri).version(Version::HTTP_2)
    };

    let plain = request(Method::GET, "/small").body(Empty::<bytes::Bytes>::new()).unwrap();
    let response = within(client.send_request(plain)).await.unwrap();
    assert_eq!((response.version(), response.status()), (Version::HTTP_2, StatusCode::OK));
    assert_eq!(within(response.into_body().collect()).await.unwrap().to_bytes(), "ok");

    let connect = request(Method::CONNECT, "/echo")
        .extension(Protocol::from_static("websocket"))
        .header("sec-websocket-version", "13")
        .body(Empty::new())
        .unwrap();
    let response = within(client.send_request(connect)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let io = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    echoes(&mut WebSocketStream::from_raw_socket(io, Role::Client, None).await).await;
}

#[tokio::test]
async fn http_without_tls_is_told_so() {
    for request in [
        "GET /echo HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
        format!("GET /echo HTTP/1.1\r\n{}\r\n", raw::HEAD),
        format!(
            "POST /small HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9000\r\n\r\n{}",
            "x".repeat(9000)
        ),
    ] {
        let server = secured(Limits::new()).await;
        let answer = raw::ask(server.running.addr, &request).await;
        assert_eq!((answer.status, answer.header("sockeye-rule")), (400, "plain_http"), "{answer:?}");
        assert_eq!(answer.header("connection"), "close");
        assert_eq!(
            answer.body,
            "request refused [plain_http]: this port speaks TLS: use `wss://` or `https://`\n"
        );
    }
}

#[tokio::test]
async fn http_without_tls_is_one_line() {
    let server = secured(Limits::new()).await;
    let mut client = dial(server.running.addr).await;
    client.write_all(b"GET /echo HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut told = Vec::new();
    within(client.read_to_end(&mut told)).await.unwrap();
    assert!(told.starts_with(b"HTTP/1.1 400 Bad Request\r\n"), "{told:?}");
    let [rule, reason, remedy] = said(client.local_addr().unwrap()).await;
    assert_eq!(
        (rule.as_str(), reason.as_str()),
        ("plain_http", "the client sent an HTTP request without TLS, status 400")
    );
    assert!(remedy.starts_with("connect with `wss://` or `https://`"), "{remedy}");

    let (told, [rule, reason, _]) = told_http2().await;
    assert_eq!(told, b"");
    assert_eq!(
        (rule.as_str(), reason.as_str()),
        ("plain_http", "the client sent HTTP/2 without TLS; it is disconnected")
    );
}

async fn told_http2() -> (Vec<u8>, [String; 3]) {
    told(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await
}

#[tokio::test]
async fn what_is_neither_tls_nor_http_gets_no_answer() {
    for (sent, words) in [
        (&b"\0\xff"[..], "bytes that are neither TLS nor HTTP"),
        (b"hello, is anyone there?\r\n", "bytes that are neither TLS nor HTTP"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH"),
        (b"PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n", "the PROXY protocol"),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c", "the PROXY protocol"),
    ] {
        let (told, [rule, reason, _]) = told(sent).await;
        assert_eq!(told, b"", "{words}");
        assert_eq!((rule, reason), ("tls_failed".to_owned(), format!("the client sent {words}")));
    }
}

#[tokio::test]
async fn a_record_that_is_no_handshake_is_an_event() {
    let (_, [rule, reason, remedy]) = told(&[&b"\x16\x03\x01\x00\x10"[..], &[0xff; 16]].concat()).await;
    assert_eq!(rule, "tls_failed");
    assert!(reason.contains("corrupt message") || reason.contains("invalid"), "{reason}");
    assert!(remedy.contains("RFC 8446"), "{remedy}");
}

#[tokio::test]
async fn a_client_that_leaves_within_the_handshake_is_an_event() {
    let server = secured(Limits::new().handshake_timeout(PATIENCE)).await;
    let mut client = dial(server.running.addr).await;
    client.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    client.shutdown().await.unwrap();
    let [rule, reason, _] = said(client.local_addr().unwrap()).await;
    assert_eq!(
        (rule.as_str(), reason.as_str()),
        ("tls_failed", "the client closed the connection during the handshake")
    );
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_or_not_there_is_named() {
    let server = secured(Limits::new()).await;
    server.renewed.renew("localhost");
    let stream = dial(server.running.addr).await;
    let peer = stream.local_addr().unwrap();
    server.shake(stream, &[]).await.unwrap_err();
    let [rule, reason, remedy] = said(peer).await;
    assert_eq!(rule, "tls_failed");
    assert!(reason.starts_with("the client does not trust the certificate (alert `"), "{reason}");
    assert!(remedy.contains("the whole chain"), "{remedy}");

    *server.renewed.0.lock().unwrap() = None;
    let stream = dial(server.running.addr).await;
    let peer = stream.local_addr().unwrap();
    server.shake(stream, &[]).await.unwrap_err();
    let [rule, reason, remedy] = said(peer).await;
    assert_eq!(rule, "tls_failed");
    assert!(reason.contains("no server certificate"), "{reason}");
    assert!(remedy.contains("`ResolvesServerCert`"), "{remedy}");
}

#[tokio::test]
async fn clients_with_nothing_in_common_are_refused() {
    let server = secured(Limits::new()).await;
    let stream = dial(server.running.addr).await;
    let peer = stream.local_addr().unwrap();
    let error = server.shake(stream, &["mqtt"]).await.unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "the client gets an alert: {error}");
    let [rule, _, remedy] = said(peer).await;
    assert_eq!(rule, "tls_failed");
    assert!(remedy.contains("`alpn_protocols`"), "{remedy}");
}

/// Port scanners do this all day.
#[tokio::test]
async fn silent_clients_are_disconnected_without_a_warning() {
    let server = secured(Limits::new().handshake_timeout(Duration::from_millis(200))).await;
    for (sent, seen) in
        [(&b""[..], "nothing"), (b"\x16", "TLS"), (b"\x16\x03\x01\x02", "TLS"), (b"GE", "part of a request")]
    {
        within(is_seen_idle(&server, sent, seen)).await;
    }
}

/// Sends this and waits for the end, until the log has a line about it: on a slow machine the time can be over before the bytes arrive.
async fn is_seen_idle(server: &Secured, sent: &[u8], seen: &str) {
    let is_idle = |line: &logs::Line| line.get("message") == "idle client disconnected";
    loop {
        let mut client = dial(server.running.addr).await;
        client.write_all(sent).await.unwrap();
        assert_eq!(client.read(&mut [0]).await.unwrap_or(0), 0);
        let lines = logs::with("peer", &client.local_addr().unwrap().to_string());
        assert!(lines.iter().all(|line| line.level >= Level::DEBUG), "{seen}: {lines:?}");
        if logs::with("seen", seen).iter().any(is_idle) {
            return;
        }
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_after_the_handshake_is_disconnected() {
    let server = secured(Limits::new().handshake_timeout(Duration::from_millis(200))).await;
    for protocol in ["http/1.1", "h2"] {
        let shaken = async {
            loop {
                // On a slow machine the time can be over before the handshake is.
                if let Ok(stream) = server.try_dial(&[protocol]).await {
                    return stream;
                }
            }
        };
        let mut stream = within(shaken).await;
        let _the_end = within(stream.read_to_end(&mut Vec::new())).await;
    }
}

#[tokio::test]
async fn connections_count_before_the_handshake() {
    let server = secured(Limits::new().max_http_connections(1).handshake_timeout(PATIENCE)).await;
    // `dial` may open two.
    let first = TcpStream::connect(server.running.addr).await.unwrap();
    // It is accepted first; the one beyond the limit is closed without a word.
    let mut second = dial(server.running.addr).await;
    let peer = second.local_addr().unwrap();
    assert_eq!(within(second.read(&mut [0; 64])).await.unwrap_or(0), 0);
    let lines = lines_about(peer, 1).await;
    assert_eq!(lines[0].get("rule"), "server_full", "{lines:?}");

    drop(first);
    let again = async {
        loop {
            if let Ok(stream) = server.try_dial(&["http/1.1"]).await {
                return stream;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(again).await;
}

#[tokio::test]
async fn a_failed_handshake_gives_its_place_back() {
    let server = secured(Limits::new().max_http_connections(1)).await;
    for _ in 0..3 {
        let mut client = dial(server.running.addr).await;
        client.write_all(b"\0\xff").await.unwrap();
        let _reset_or_not = within(client.read_to_end(&mut Vec::new())).await;
        let again = async {
            loop {
                if server.try_dial(&["http/1.1"]).await.is_ok() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within(again).await;
    }
}

#[tokio::test]
async fn certificates_change_while_the_server_runs() {
    let mut server = secured(Limits::new()).await;
    let mut before = server.open().await;
    echoes(&mut before).await;
    let renewed = server.renewed.renew("localhost");
    assert_ne!(renewed, server.certificate);
    server.try_dial(&[]).await.expect_err("the old certificate is not used any more");

    server.certificate = renewed.clone();
    let mut after = server.open().await;
    let seen = after.get_ref().get_ref().1.peer_certificates().unwrap();
    assert_eq!(seen, [renewed]);
    echoes(&mut after).await;
    echoes(&mut before).await;
}

#[tokio::test]
async fn a_shutdown_closes_with_1001_and_waits_for_no_handshake() {
    let limits = Limits::new().handshake_timeout(PATIENCE * 100).shutdown_timeout(PATIENCE * 100);
    let mut server = secured(limits).await;
    let mut socket = server.open().await;
    echoes(&mut socket).await;
    let silent = dial(server.running.addr).await;
    let mut halfway = dial(server.running.addr).await;
    halfway.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    // Connections are accepted in their order.
    let mut last = server.open().await;
    echoes(&mut last).await;

    server.running.stop();
    for socket in [&mut socket, &mut last] {
        let close = within(socket.next()).await.unwrap().unwrap();
        let Message::Close(Some(frame)) = close else { panic!("no close frame, but {close:?}") };
        assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1001, "the server is stopping"));
        while within(socket.next()).await.is_some_and(|message| message.is_ok()) {}
    }
    server.running.ended().await;
    drop((silent, halfway));
}
