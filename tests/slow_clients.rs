//! Clients that do not take their answers or do not send their requests, over HTTP/1.1 and HTTP/2; and those that only look so.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::{get, post},
};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{Method, Request, StatusCode, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::ext::Protocol;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sockeye::{Handshake, Limits, Server, ws_endpoint};
use sockeye_tests::{
    PATIENCE, Running,
    http2::{END_HEADERS, Frame, Http2, block, kind, request},
    logs, raw, start, within,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

const SHORT: Duration = Duration::from_millis(300);

/// Eight words, each a while after the one before: longer than a client may take for anything.
fn rarely() -> Body {
    let words = futures_util::stream::iter(0..4).then(async |number| {
        tokio::time::sleep(SHORT * 2).await;
        Ok::<_, Infallible>(format!("{number}\n"))
    });
    Body::from_stream(words)
}

/// The rest of the limits is so far away that nothing but the progress of clients can end anything.
async fn server(limit: Duration) -> Running {
    ending_within(limit, SHORT).await
}

/// What a server says as it ends a connection arrives only if it is given the time.
async fn ending_within(limit: Duration, close: Duration) -> Running {
    logs::listen();
    let router = Router::new()
        .route("/small", get(async || "ok"))
        .route("/page", get(async || "x".repeat(4 << 20)))
        .route("/rarely", get(async || rarely()))
        .route("/talk", post(async |body: Body| body))
        .route("/post", post(async |body: Bytes| format!("{} bytes", body.len())))
        .route("/brave", post(async |body: Body| body.collect().await.map_or("some", |_| "all")));
    let limits = Limits::new()
        .send_timeout(limit)
        .handshake_timeout(Duration::from_mins(1))
        .close_timeout(close)
        .max_http_connections(1);
    start(Server::new().router(router).limits(limits)).await
}

/// Waits until the only place for HTTP is free again, which is so when its connection has ended.
async fn place(server: &Running) {
    let ask = async {
        loop {
            if raw::ask(server.addr, "GET /small HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                .await
                .status
                == 200
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within(ask).await;
}

fn said(peer: SocketAddr) -> Vec<String> {
    let lines = logs::with("peer", &peer.to_string());
    let slow = lines.iter().filter(|line| line.get("rule") == "slow_client");
    slow.map(|line| line.get("reason").to_owned()).collect()
}

#[tokio::test]
async fn answers_over_http_1_that_nobody_reads_end_the_connection() {
    let server = server(SHORT).await;
    let mut client = TcpStream::connect(server.addr).await.unwrap();
    client.write_all("GET /page HTTP/1.1\r\nhost: x\r\n\r\n".repeat(20).as_bytes()).await.unwrap();
    place(&server).await;
    let reason = "the client has read almost nothing of a response for 300ms; it is disconnected";
    assert_eq!(said(client.local_addr().unwrap()), [reason]);
}

#[tokio::test]
async fn an_answer_over_http_2_without_a_window_ends_the_connection() {
    for path in ["/small", "/page"] {
        let server = ending_within(SHORT, PATIENCE).await;
        let mut client = Http2::connect(server.addr, 0).await;
        let peer = client.stream.local_addr().unwrap();
        client.get(1, path).await;
        let (mut reset, mut goes_away) = (None, false);
        while reset.is_none() || !goes_away {
            let frame = within(client.frame()).await.expect("not the end yet");
            goes_away |= frame.kind == kind::GOAWAY;
            reset = reset.or((frame.kind == kind::RST_STREAM).then(|| (frame.stream, frame.code())));
        }
        assert_eq!(reset, Some((1, 8)));
        drop(client);
        place(&server).await;
        let reason = "the client has read almost nothing of an HTTP/2 stream for 300ms; the stream is reset";
        assert_eq!(said(peer), [reason]);
    }
}

#[tokio::test]
async fn the_end_of_a_small_answer_cannot_be_held_either() {
    let server = server(SHORT).await;
    let mut client = Http2::connect(server.addr, 1).await;
    client.get(1, "/small").await;
    place(&server).await;
    assert_eq!(said(client.stream.local_addr().unwrap()).len(), 1);
}

#[tokio::test]
async fn new_requests_and_pings_do_not_prolong_it() {
    let server = server(SHORT).await;
    let mut client = Http2::connect(server.addr, 0).await;
    let lively = async {
        for stream in (1..).step_by(2) {
            let block = block(&request("GET", "/small"));
            if client.try_send(&Frame::new(kind::HEADERS, END_HEADERS | 1, stream, block)).await.is_err()
                || client.try_send(&Frame::new(kind::PING, 0, 0, [0; 8])).await.is_err()
                || client.open(0, 1).await.is_err()
            {
                return;
            }
            tokio::time::sleep(SHORT / 4).await;
        }
    };
    within(lively).await;
    place(&server).await;
}

#[tokio::test]
async fn a_byte_now_and_then_is_too_little() {
    let server = server(SHORT).await;
    let mut client = Http2::connect(server.addr, 0).await;
    client.get(1, "/page").await;
    let trickle = async {
        while client.open(1, 1).await.is_ok() {
            tokio::time::sleep(SHORT / 6).await;
        }
    };
    within(trickle).await;
    place(&server).await;
}

/// A client as browsers are: several things at once on one connection.
async fn client(server: &Running) -> hyper::client::conn::http2::SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(server.addr).await.unwrap();
    let (client, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(64 * 1024)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

fn ask(server: &Running, path: &str) -> Request<Empty<Bytes>> {
    let uri = server.url(path).replace("ws:", "http:");
    Request::builder().version(Version::HTTP_2).uri(uri).body(Empty::new()).unwrap()
}

async fn websocket(
    server: &Running,
    client: &mut hyper::client::conn::http2::SendRequest<Empty<Bytes>>,
) -> WebSocketStream<TokioIo<hyper::upgrade::Upgraded>> {
    assert_eq!(within(client.send_request(ask(server, "/small"))).await.unwrap().status(), StatusCode::OK);
    let mut connect = ask(server, "/echo");
    *connect.method_mut() = Method::CONNECT;
    connect.extensions_mut().insert(Protocol::from_static("websocket"));
    connect.headers_mut().insert("sec-websocket-version", "13".parse().unwrap());
    let answer = within(client.send_request(connect)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let upgraded = within(hyper::upgrade::on(answer)).await.unwrap();
    WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, None).await
}

#[tokio::test]
async fn a_stream_that_is_not_read_leaves_a_websocket_beside_it_alone() {
    let server = server(SHORT).await;
    let mut client = client(&server).await;
    let mut socket = websocket(&server, &mut client).await;
    let mut unread = within(client.send_request(ask(&server, "/page"))).await.unwrap().into_body();
    for _ in 0..8 {
        tokio::time::sleep(SHORT / 2).await;
        within(socket.send(Message::text("hello"))).await.unwrap();
        assert_eq!(within(socket.next()).await.unwrap().unwrap(), Message::text("hello"));
    }
    let end = async {
        while let Some(frame) = unread.frame().await {
            frame?;
        }
        Ok::<_, hyper::Error>(())
    };
    assert!(within(end).await.is_err(), "the stream is reset");
    within(socket.send(Message::text("still here"))).await.unwrap();
    assert_eq!(within(socket.next()).await.unwrap().unwrap(), Message::text("still here"));
}

#[tokio::test]
async fn whoever_reads_gets_everything_however_many_streams_there_are() {
    let server = server(Duration::from_secs(5)).await;
    let mut client = client(&server).await;
    client.ready().await.unwrap();
    let answers: Vec<_> = (0..5).map(|_| client.send_request(ask(&server, "/page"))).collect();
    for answer in answers {
        let body = within(answer).await.unwrap().into_body();
        assert_eq!(within(body.collect()).await.unwrap().to_bytes().len(), 4 << 20);
    }
}

#[tokio::test]
async fn a_server_with_nothing_to_send_waits_for_itself() {
    let server = server(SHORT).await;
    let mut client = client(&server).await;
    client.ready().await.unwrap();
    let body = within(client.send_request(ask(&server, "/rarely"))).await.unwrap().into_body();
    assert_eq!(within(body.collect()).await.unwrap().to_bytes(), "0\n1\n2\n3\n");
    drop(client);
    place(&server).await;

    let mut client = TcpStream::connect(server.addr).await.unwrap();
    client.write_all(b"GET /rarely HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    within(client.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.contains("\r\n3\n\r\n"), "{answer}");
    assert_eq!(said(client.local_addr().unwrap()), [""; 0]);
}

const REASON: &str = "the client has sent almost nothing of a request body for 300ms";

async fn posted(server: &Running, path: &str) -> TcpStream {
    let mut client = TcpStream::connect(server.addr).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nsome");
    client.write_all(head.as_bytes()).await.unwrap();
    client
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_408() {
    let server = server(SHORT).await;
    let mut client = posted(&server, "/post").await;
    let mut answer = String::new();
    within(client.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    for said in [
        "connection: close\r\n",
        "sockeye-rule: slow_client\r\n",
        "the rest of the request body did not arrive in time",
    ] {
        assert!(answer.contains(said), "{answer}");
    }
    assert_eq!(said(client.local_addr().unwrap()), [REASON]);
    place(&server).await;

    let mut client = posted(&server, "/brave").await;
    let mut answer = String::new();
    within(client.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("some"), "{answer}");
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_is_too_slow() {
    let server = server(SHORT).await;
    let (mut reader, mut writer) = posted(&server, "/post").await.into_split();
    let trickle = async {
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SHORT / 6).await;
        }
    };
    let mut answer = vec![0; 12];
    let answered = async {
        tokio::select! {
            () = trickle => {}
            answer = reader.read_exact(&mut answer) => assert!(answer.is_ok(), "{answer:?}"),
        }
    };
    within(answered).await;
    assert_eq!(answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn a_body_over_http_2_that_does_not_come_is_answered_408() {
    let server = server(SHORT).await;
    let mut client = Http2::connect(server.addr, 1 << 16).await;
    client.send(&Frame::new(kind::HEADERS, END_HEADERS, 1, block(&request("POST", "/post")))).await;
    client.send(&Frame::new(kind::DATA, 0, 1, "some")).await;
    let body = client.until(kind::DATA).await.payload;
    assert!(String::from_utf8_lossy(&body).contains("[slow_client]"), "{body:?}");
    assert_eq!(said(client.stream.local_addr().unwrap()), [REASON]);
}

#[tokio::test]
async fn a_long_upload_that_goes_on_is_taken_whole() {
    let limit = Duration::from_secs(3);
    let server = server(limit).await;
    let mut client = posted(&server, "/post").await;
    for _ in 0..12 {
        tokio::time::sleep(limit / 8).await;
        client.write_all(&[b'x'; 83]).await.unwrap();
    }
    let mut answer = [0; 15];
    within(client.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn a_conversation_over_http_2_may_pause() {
    let server = server(SHORT).await;
    let mut client = Http2::connect(server.addr, 1 << 16).await;
    client.send(&Frame::new(kind::HEADERS, END_HEADERS, 1, block(&request("POST", "/talk")))).await;
    client.until(kind::HEADERS).await;
    for word in ["one", "two"] {
        tokio::time::sleep(SHORT * 3).await;
        client.send(&Frame::new(kind::DATA, 0, 1, word)).await;
        assert_eq!(client.until(kind::DATA).await.payload, word.as_bytes());
    }
}

/// Sends some small messages, and echoes. Each is a write of its own: hyper accepts three for a stream whose window is closed.
#[ws_endpoint("/ticks")]
async fn ticks(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    for n in 0..4 {
        socket.send(format!("tick{n}")).await?;
        socket.flush().await?;
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// What `/ticks` sends, in frames.
const TICKS: &[u8] = b"\x81\x05tick0\x81\x05tick1\x81\x05tick2\x81\x05tick3";

async fn ticks_over_http_2(server: &Running, stream: u32) -> Http2 {
    let mut client = Http2::connect(server.addr, 0).await;
    let fields =
        [request("CONNECT", "/ticks"), vec![(":protocol", "websocket"), ("sec-websocket-version", "13")]]
            .concat();
    client.send(&Frame::new(kind::HEADERS, END_HEADERS, stream, block(&fields))).await;
    client.until(kind::HEADERS).await;
    client
}

#[tokio::test]
async fn a_websocket_over_http_2_without_a_window_is_closed_and_its_connection_is_not() {
    let server = server(SHORT).await;
    let mut client = ticks_over_http_2(&server, 1).await;
    let line = logs::closing_of(&client.stream.local_addr().unwrap().to_string()).await;
    assert_eq!((line.get("rule"), line.get("code")), ("slow_consumer", "1013"), "{line:?}");
    client.get(3, "/small").await;
    client.open(3, 100).await.unwrap();
    let body = loop {
        let frame = client.frame().await.expect("the connection goes on");
        if (frame.kind, frame.stream) == (kind::DATA, 3) {
            break frame.payload;
        }
    };
    assert_eq!(body, b"ok");
}

#[tokio::test]
async fn a_websocket_over_http_2_whose_window_opens_byte_by_byte_goes_on() {
    let limit = Duration::from_secs(1);
    let server = server(limit).await;
    let mut client = ticks_over_http_2(&server, 1).await;
    let mut received = Vec::new();
    for _ in 0..12 {
        tokio::time::sleep(limit / 8).await;
        client.open(1, 1).await.unwrap();
        received.extend(client.until(kind::DATA).await.payload);
    }
    assert_eq!(received, TICKS[..12]);
    client.open(1, 1000).await.unwrap();
    while received.len() < TICKS.len() {
        received.extend(client.until(kind::DATA).await.payload);
    }
    assert_eq!(received, TICKS);
    let close = sockeye_tests::raw::frame(0x88, &1000_u16.to_be_bytes());
    client.send(&Frame::new(kind::DATA, 0, 1, close)).await;
    let mut answer = client.until(kind::DATA).await.payload;
    while answer.len() < 4 {
        answer.extend(client.until(kind::DATA).await.payload);
    }
    assert_eq!(answer, [0x88, 2, 0x03, 0xe8]);
}
