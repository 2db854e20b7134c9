//! WebSockets over HTTP/2: extended CONNECT, RFC 8441, with hyper's client underneath and tungstenite's frames on top.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};

use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::{body::Incoming, client::conn::http2::SendRequest, ext::Protocol, upgrade::Upgraded};
use hyper_util::rt::{TokioExecutor, TokioIo};
use sockeye::{CloseCode, Handshake, Heartbeat, Limits, Server, ws_endpoint};
use sockeye_tests::{Running, logs, start, within};
use tokio::io::AsyncReadExt as _;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

/// Echoes, then says goodbye.
#[ws_endpoint("/echo/{times}", subprotocols = ["v1"])]
async fn echo(handshake: Handshake, axum::extract::Path(times): axum::extract::Path<u32>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    for _ in 0..times {
        let Some(message) = socket.recv().await? else { return Ok(()) };
        socket.send(message).await?;
    }
    socket.close(CloseCode::NORMAL, "enough").await
}

/// Waits; only HTTP/2 itself notices that a client is gone.
#[ws_endpoint("/quiet", heartbeat = off)]
async fn quiet(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

type Client = SendRequest<Empty<bytes::Bytes>>;

async fn connect(server: &Running) -> Client {
    let stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap();
    // The server's settings say whether extended CONNECT may be used; hyper waits for them with the first request.
    let plain = Request::get(server.url("/nowhere").replace("ws:", "http:")).body(Empty::new()).unwrap();
    assert_eq!(client.send_request(plain).await.unwrap().status(), StatusCode::NOT_FOUND);
    client
}

async fn open(client: &mut Client, server: &Running, path: &str) -> WebSocketStream<TokioIo<Upgraded>> {
    let request = request(server, Method::CONNECT, path).extension(Protocol::from_static("websocket"));
    let response = send(client, request).await;
    assert_eq!(response.status(), StatusCode::OK);
    let io = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    WebSocketStream::from_raw_socket(io, Role::Client, None).await
}

async fn echoes(socket: &mut WebSocketStream<TokioIo<Upgraded>>) {
    within(socket.send(Message::text("here"))).await.unwrap();
    assert_eq!(within(socket.next()).await.unwrap().unwrap(), Message::text("here"));
}

fn request(server: &Running, method: Method, path: &str) -> http::request::Builder {
    let uri = server.url(path).replace("ws:", "http:");
    Request::builder().method(method).uri(uri).version(Version::HTTP_2).header("sec-websocket-version", "13")
}

async fn send(client: &mut Client, request: http::request::Builder) -> Response<Incoming> {
    within(client.send_request(request.body(Empty::new()).unwrap())).await.unwrap()
}

async fn refused(response: Response<Incoming>) -> (u16, String, String) {
    let rule = response.headers()["sockeye-rule"].to_str().unwrap().to_owned();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, rule, String::from_utf8(body.to_vec()).unwrap())
}

/// Compresses.
#[ws_endpoint("/compressed", compression = "deflate")]
async fn compressed(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send("over and over ".repeat(100)).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn compression_is_agreed_on_over_http2_too() {
    let server = start(Server::new()).await;
    let mut client = connect(&server).await;
    let request =
        request(&server, Method::CONNECT, "/compressed").extension(Protocol::from_static("websocket"));
    let response = send(&mut client, request.header("sec-websocket-extensions", "permessage-deflate")).await;
    assert_eq!(response.status(), StatusCode::OK);
    let agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    assert_eq!(response.headers()["sec-websocket-extensions"], agreed);
    let mut io = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    let mut head = [0; 2];
    within(io.read_exact(&mut head)).await.unwrap();
    assert_eq!(head[0], 0xc1, "a compressed text");
    assert!(head[1] < 125, "and a short one: {}", head[1]);
}

/// `:authority` is what `Host` is in HTTP/1.1.
#[tokio::test]
async fn the_authority_is_the_host() {
    let server = start(Server::new()).await;
    let own = format!("rebound.example:{}", server.addr.port());
    let mut client = connect(&server).await;
    let ask = |host: &str, origin: &str| {
        let uri = format!("http://{host}/echo/1");
        request(&server, Method::CONNECT, "/")
            .uri(uri)
            .extension(Protocol::from_static("websocket"))
            .header("origin", origin)
    };
    let answer = send(&mut client, ask(&own, &format!("http://{own}"))).await;
    assert_eq!(refused(answer).await.1, "host_refused");
    let answer = send(&mut client, ask(&own, "https://app.example.com")).await;
    assert_eq!(refused(answer).await.1, "origin_refused");
    let answer = send(&mut client, ask("app.example.com", "https://app.example.com")).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn many_sockets_share_one_connection() {
    let server = start(Server::new()).await;
    let mut client = connect(&server).await;
    let mut sockets = Vec::new();
    for _ in 0..10 {
        let request = request(&server, Method::CONNECT, "/echo/3")
            .extension(Protocol::from_static("websocket"))
            .header("sec-websocket-protocol", "v0, v1");
        let response = send(&mut client, request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["sec-websocket-protocol"], "v1");
        assert!(!response.headers().contains_key("sec-websocket-accept"), "HTTP/2 has none");
        let io = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
        sockets.push(WebSocketStream::from_raw_socket(io, Role::Client, None).await);
    }
    for socket in &mut sockets {
        for text in ["one", "two", "three"] {
            within(socket.send(Message::text(text))).await.unwrap();
            assert_eq!(within(socket.next()).await.unwrap().unwrap(), Message::text(text));
        }
        let Message::Close(Some(frame)) = within(socket.next()).await.unwrap().unwrap() else {
            panic!("a close")
        };
        assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1000, "enough"));
    }
}

#[tokio::test]
async fn what_is_no_extended_connect_is_refused_with_its_cure() {
    let server = start(Server::new()).await;
    let mut client = connect(&server).await;
    let response = send(&mut client, request(&server, Method::GET, "/echo/1")).await;
    assert_eq!(response.headers()["allow"], "CONNECT");
    let (status, rule, body) = refused(response).await;
    assert_eq!((status, rule.as_str()), (405, "not_an_upgrade"));
    assert!(
        body.contains("over HTTP/2 must be opened with CONNECT, not GET") && body.contains("RFC 8441"),
        "{body}"
    );

    let other = request(&server, Method::CONNECT, "/echo/1").extension(Protocol::from_static("webtransport"));
    let (status, rule, body) = refused(send(&mut client, other).await).await;
    assert_eq!((status, rule.as_str()), (501, "not_an_upgrade"));
    assert!(body.contains("`webtransport`"), "{body}");

    let old = Request::builder().method(Method::CONNECT).uri(server.url("/echo/1").replace("ws:", "http:"));
    let old = old.extension(Protocol::from_static("websocket")).header("sec-websocket-version", "8");
    let response = send(&mut client, old).await;
    assert_eq!(response.headers()["sec-websocket-version"], "13");
    assert!(!response.headers().contains_key("upgrade"), "HTTP/2 has no such header, and so no 426");
    assert_eq!(refused(response).await.0, 400);

    let evil = request(&server, Method::CONNECT, "/echo/1")
        .extension(Protocol::from_static("websocket"))
        .header("origin", "https://evil.example");
    let (status, rule, _) = refused(send(&mut client, evil).await).await;
    assert_eq!((status, rule.as_str()), (403, "origin_refused"));
}

#[tokio::test]
async fn a_page_of_the_same_authority_is_let_in() {
    let server = start(Server::new()).await;
    let mut client = connect(&server).await;
    let own = request(&server, Method::CONNECT, "/echo/1")
        .extension(Protocol::from_static("websocket"))
        .header("origin", format!("http://{}", server.addr));
    assert_eq!(send(&mut client, own).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_disconnected() {
    logs::listen();
    let heartbeat = Heartbeat::every(Duration::from_millis(50)).timeout(Duration::from_millis(100));
    let server = start(Server::new().heartbeat(heartbeat)).await;
    let mut stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
    let peer = stream.local_addr().unwrap();
    let (near, mut far) = tokio::io::duplex(64 * 1024);
    let (cut, is_cut) = tokio::sync::oneshot::channel::<()>();
    // Nothing passes after the cut, and nothing is closed: a network that is gone.
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut far, &mut stream) => {}
            _ = is_cut => std::future::pending().await,
        }
    });
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(near)).await.unwrap();
    tokio::spawn(connection);
    // The settings of the server arrive with the first response.
    let plain = Request::get(server.url("/nowhere").replace("ws:", "http:")).body(Empty::new()).unwrap();
    assert_eq!(client.send_request(plain).await.unwrap().status(), StatusCode::NOT_FOUND);
    let _socket = open(&mut client, &server, "/quiet").await;
    cut.send(()).unwrap();
    let reason =
        "over HTTP/2: no answer to a PING within 150ms; the connection is closed with all its streams";
    let fault = within(fault_of(&peer.to_string())).await;
    assert_eq!(fault, ("heartbeat_missed".to_owned(), reason.to_owned()));
}

/// The rule and the reason of the one fault of this peer's connection.
async fn fault_of(peer: &str) -> (String, String) {
    loop {
        let mut lines = logs::with("peer", peer);
        lines.retain(|line| !line.get("rule").is_empty());
        if let [line] = lines.as_slice() {
            return (line.get("rule").to_owned(), line.get("reason").to_owned());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_client_that_answers_stays() {
    let heartbeat = Heartbeat::every(Duration::from_millis(20)).timeout(Duration::from_secs(5));
    let server = start(Server::new().heartbeat(heartbeat)).await;
    let mut client = connect(&server).await;
    let _quiet = open(&mut client, &server, "/quiet").await;
    // Several pings are answered in the meantime.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(
        send(&mut client, request(&server, Method::GET, "/nowhere")).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_stream_counts_as_a_connection_of_its_client() {
    let server = start(Server::new().limits(Limits::new().max_connections_per_client(2))).await;
    let mut client = connect(&server).await;
    let _first = open(&mut client, &server, "/quiet").await;
    let _second = open(&mut client, &server, "/quiet").await;
    let third = request(&server, Method::CONNECT, "/quiet").extension(Protocol::from_static("websocket"));
    let (status, rule, _) = refused(send(&mut client, third).await).await;
    assert_eq!((status, rule.as_str()), (429, "client_limit"));
}

#[tokio::test]
async fn a_connection_has_as_many_streams_as_the_limit_says() {
    let server = start(Server::new().limits(Limits::new().max_http2_streams(2))).await;
    let mut client = connect(&server).await;
    let first = open(&mut client, &server, "/quiet").await;
    let mut second = open(&mut client, &server, "/echo/3").await;
    // hyper's client waits for a place, as the SETTINGS tell it.
    let mut third = tokio::spawn({
        let mut client = client.clone();
        let plain = Request::get(server.url("/nowhere").replace("ws:", "http:")).body(Empty::new()).unwrap();
        async move { client.send_request(plain).await.unwrap().status() }
    });
    for _ in 0..3 {
        echoes(&mut second).await;
    }
    assert!(!third.is_finished(), "two streams are open");
    drop(first);
    assert_eq!(within(&mut third).await.unwrap(), StatusCode::NOT_FOUND);
}
