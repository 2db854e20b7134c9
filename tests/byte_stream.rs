//! `Socket::into_io`: a connection as a stream of bytes.

use std::{future::poll_fn, pin::Pin};

use axum::extract::State;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use sockeye::{CloseCode, Handshake, Limits, Server, testing::TestClient, ws_endpoint};
use sockeye_tests::{
    Client, PATIENCE, Running, close_of, frames::masked, hear, logs, raw::RawSocket, say, start, within,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::tungstenite::Message as Theirs;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

type Reports = mpsc::Sender<String>;

/// Where the proxy leads.
#[derive(Clone)]
struct Upstream(std::net::SocketAddr);

/// A TCP server behind a WebSocket.
#[ws_endpoint("/proxy")]
async fn proxy(
    handshake: Handshake,
    State(upstream): State<Upstream>,
    State(reports): State<Reports>,
) -> sockeye::Result {
    let mut upstream = TcpStream::connect(upstream.0).await?;
    let mut client = handshake.accept().await?.into_io();
    let copied = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
    _ = reports.send(format!("{copied:?}")).await;
    copied?;
    Ok(())
}

/// Frames of its own, as tokio-util reads and writes them.
#[ws_endpoint("/framed")]
async fn framed(handshake: Handshake) -> sockeye::Result {
    let mut frames = Framed::new(handshake.accept().await?.into_io(), LengthDelimitedCodec::new());
    while let Some(frame) = frames.next().await {
        let frame = frame?.freeze();
        frames.feed(frame.clone()).await?;
        frames.send(frame).await?;
    }
    Ok(())
}

/// Lines, through `AsyncBufRead`; an empty one is the last.
#[ws_endpoint("/lines")]
async fn lines(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let mut io = handshake.accept().await?.into_io();
    let mut line = String::new();
    loop {
        line.clear();
        let read = io.read_line(&mut line).await;
        if read? == 0 || line == "\n" {
            break;
        }
        io.write_all(line.as_bytes()).await?;
    }
    io.shutdown().await?;
    let after = io.read_u8().await.map_err(|error| error.kind());
    let written = io.write_all(b"late").await.map_err(|error| error.kind());
    let ends = io.get_ref().close_frame().is_some();
    _ = reports.send(format!("{after:?} {written:?} {:?} {ends}", io.flush().await)).await;
    Ok(())
}

/// Reads to the end, and ignores how that came.
#[ws_endpoint("/careless")]
async fn careless(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let mut io = handshake.accept().await?.into_io();
    let mut all = Vec::new();
    let read = io.read_to_end(&mut all).await.map_err(|error| error.kind());
    let again = io.read_u8().await.map_err(|error| error.kind());
    _ = reports.send(format!("{read:?} {} {again:?}", String::from_utf8_lossy(&all))).await;
    Ok(())
}

/// Fails with whatever it reads.
#[ws_endpoint("/strict")]
async fn strict(handshake: Handshake) -> sockeye::Result {
    let mut io = handshake.accept().await?.into_io();
    loop {
        if io.read(&mut [0; 10]).await? == 0 {
            return Ok(());
        }
    }
}

/// Writes without a pause until there is no room, and then a great deal at once.
#[ws_endpoint("/writes")]
async fn writes(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let mut io = handshake.accept().await?.into_io();
    let mut written = 0;
    let full = poll_fn(|cx| {
        while let std::task::Poll::Ready(done) = Pin::new(&mut io).poll_write(cx, &[1; 1024]) {
            written += done?;
        }
        std::task::Poll::Ready(Ok::<_, std::io::Error>(written))
    });
    let full = full.await?;
    _ = reports.send(full.to_string()).await;
    io.write_all(&vec![2; 200 * 1024]).await?;
    io.shutdown().await?;
    Ok(())
}

struct Around {
    reports: mpsc::Receiver<String>,
    upstream: TcpListener,
}

async fn server() -> (Server, Around) {
    logs::listen();
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (sender, reports) = mpsc::channel::<String>(8);
    let server = Server::new()
        .limits(Limits::new().max_message_size(100_000))
        .state(Upstream(upstream.local_addr().unwrap()))
        .state(sender);
    (server, Around { reports, upstream })
}

async fn running() -> (Running, Around) {
    let (server, around) = server().await;
    (start(server).await, around)
}

async fn give(client: &mut Client, bytes: &'static [u8]) {
    within(client.send(Theirs::Binary(Bytes::from_static(bytes)))).await.unwrap();
}

/// The payloads of binary messages, until there are this many bytes.
async fn take(client: &mut Client, number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < number {
        match hear(client).await {
            Theirs::Binary(payload) => bytes.extend(payload),
            other => panic!("no bytes, but {other:?}"),
        }
    }
    bytes
}

fn peer(client: &Client) -> String {
    match client.get_ref() {
        tokio_tungstenite::MaybeTlsStream::Plain(stream) => stream.local_addr().unwrap().to_string(),
        _ => unreachable!("no TLS here"),
    }
}

#[tokio::test]
async fn bytes_go_to_a_tcp_server_and_back() {
    let (server, mut around) = running().await;
    let mut client = server.connect("/proxy").await;
    let (mut upstream, _) = within(around.upstream.accept()).await.unwrap();
    give(&mut client, b"hel").await;
    give(&mut client, b"").await;
    give(&mut client, b"lo").await;
    let mut heard = [0; 5];
    within(upstream.read_exact(&mut heard)).await.unwrap();
    assert_eq!(&heard, b"hello");
    let long: Vec<u8> = (0..300_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let sent = long.clone();
    let writing = tokio::spawn(async move {
        upstream.write_all(&sent).await.unwrap();
        upstream
    });
    assert_eq!(take(&mut client, long.len()).await, long);
    let mut upstream = within(writing).await.unwrap();
    // The client's close is the end of the stream, and the answer to that is no error.
    within(client.close(None)).await.unwrap();
    assert_eq!(within(upstream.read(&mut heard)).await.unwrap(), 0);
    drop(upstream);
    assert_eq!(within(around.reports.recv()).await.unwrap(), "Ok((5, 300000))");
}

#[tokio::test]
async fn the_end_of_a_tcp_server_closes_with_1000_after_its_last_byte() {
    let (server, mut around) = running().await;
    let mut client = server.connect("/proxy").await;
    let (mut upstream, _) = within(around.upstream.accept()).await.unwrap();
    upstream.write_all(b"bye").await.unwrap();
    drop(upstream);
    assert_eq!(take(&mut client, 3).await, b"bye");
    assert_eq!(close_of(&mut client).await, (1000, String::new()));
    while within(client.next()).await.is_some() {}
    assert_eq!(within(around.reports.recv()).await.unwrap(), "Ok((0, 3))");
}

#[tokio::test]
async fn a_codec_of_tokio_util_frames_it() {
    let (server, _around) = running().await;
    let mut client = server.connect("/framed").await;
    give(&mut client, &[0, 0]).await;
    give(&mut client, &[0, 2, b'h']).await;
    give(&mut client, &[b'i', 0, 0, 0, 1, b'!']).await;
    let twice = [0, 0, 0, 2, b'h', b'i', 0, 0, 0, 2, b'h', b'i'];
    assert_eq!(take(&mut client, 12).await, twice);
    assert_eq!(take(&mut client, 10).await, [0, 0, 0, 1, b'!', 0, 0, 0, 1, b'!']);
    within(client.close(None)).await.unwrap();
    while within(client.next()).await.is_some() {}
}

#[tokio::test]
async fn shutdown_closes_with_1000_and_what_follows_is_an_end_and_a_broken_pipe() {
    let (server, mut around) = running().await;
    let mut client = server.connect("/lines").await;
    give(&mut client, b"one\ntw").await;
    assert_eq!(take(&mut client, 4).await, b"one\n");
    give(&mut client, b"o\n\n").await;
    assert_eq!(take(&mut client, 4).await, b"two\n");
    assert_eq!(close_of(&mut client).await, (1000, String::new()));
    while within(client.next()).await.is_some() {}
    assert_eq!(
        within(around.reports.recv()).await.unwrap(),
        "Err(UnexpectedEof) Err(BrokenPipe) Ok(()) false"
    );
}

#[tokio::test]
async fn text_closes_with_1003_whatever_the_handler_does_with_the_error() {
    let (server, mut around) = running().await;
    for path in ["/careless", "/strict", "/lines"] {
        let mut client = server.connect(path).await;
        say(&mut client, "text").await;
        let reason = "a text message, where only binary messages are read";
        assert_eq!(close_of(&mut client).await, (1003, reason.to_owned()), "{path}");
        let line = logs::closing_of(&peer(&client)).await;
        assert_eq!((line.get("rule"), line.get("reason")), ("invalid_message", reason), "{path}");
    }
    assert_eq!(within(around.reports.recv()).await.unwrap(), "Err(InvalidData)  Err(UnexpectedEof)");
}

#[tokio::test]
async fn an_end_without_a_close_frame_is_an_error_and_a_close_frame_is_none() {
    let (server, mut around) = running().await;
    let mut socket = RawSocket::open(server.addr, "/careless").await;
    socket.send(&masked(0x82, b"part")).await;
    drop(socket);
    assert_eq!(within(around.reports.recv()).await.unwrap(), "Err(ConnectionReset) part Err(UnexpectedEof)");
    let mut client = server.connect("/careless").await;
    give(&mut client, b"whole").await;
    within(client.close(None)).await.unwrap();
    while within(client.next()).await.is_some() {}
    assert_eq!(within(around.reports.recv()).await.unwrap(), "Ok(5) whole Err(UnexpectedEof)");
    // A message that is too long.
    let mut socket = RawSocket::open(server.addr, "/careless").await;
    socket.send(&masked(0x82, &vec![0; 100_001])).await;
    let (first, payload) = within(socket.frame()).await.expect("a close frame");
    assert_eq!((first, u16::from_be_bytes([payload[0], payload[1]])), (0x88, 1009));
    assert_eq!(within(around.reports.recv()).await.unwrap(), "Err(InvalidData)  Err(UnexpectedEof)");
}

#[tokio::test]
async fn a_write_waits_for_room_and_becomes_messages_of_64_kib() {
    let (server, mut around) = server().await;
    let client = TestClient::new(server).await.unwrap().patience(PATIENCE);
    let mut socket = client.connect("/writes").await.unwrap();
    assert_eq!(within(around.reports.recv()).await.unwrap(), (64 * 1024).to_string());
    for _ in 0..64 {
        assert_eq!(socket.recv_binary().await.unwrap(), vec![1; 1024]);
    }
    for length in [64, 64, 64, 8] {
        assert_eq!(socket.recv_binary().await.unwrap(), vec![2; length * 1024]);
    }
    assert_eq!(socket.closed().await.unwrap().code, CloseCode::NORMAL);
    client.assert_idle().await;
}
