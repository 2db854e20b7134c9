//! Clients over TLS that do not read, do not answer, or end without a word: the deadlines are those of plain TCP. The time is the
//! test's own, and TLS goes over pipes.

use std::{
    io,
    net::SocketAddr,
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    routing::{get, post},
    serve::Listener,
};
use sockeye::{CloseCode, Handshake, Heartbeat, Limits, Message, Server, ws_endpoint};
use sockeye_tests::{
    logs,
    raw::{HEAD, frame},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_rustls::client::TlsStream;

use crate::secured::Identity;

/// Sends without end.
#[ws_endpoint("/flood")]
async fn flood(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let send = async {
        loop {
            sender.send(Message::binary(vec![0; 16 * 1024])).await?;
        }
    };
    let receive = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! {
        ended = send => ended,
        ended = receive => ended,
    }
}

/// Sends 1 MiB after the first message, and closes.
#[ws_endpoint("/bulk")]
async fn bulk(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.recv().await?;
    for _ in 0..16 {
        socket.send(Message::binary(vec![0; 64 * 1024])).await?;
    }
    socket.close(CloseCode::NORMAL, "done").await
}

/// Connections through pipes of 4 KiB, each with an address of its own.
struct Pipes(mpsc::Receiver<(DuplexStream, SocketAddr)>);

impl Listener for Pipes {
    type Io = DuplexStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (DuplexStream, SocketAddr) {
        match self.0.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(([127, 0, 0, 1], 443).into())
    }
}

struct Piped {
    identity: Identity,
    pipes: mpsc::Sender<(DuplexStream, SocketAddr)>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn piped(server: Server) -> Piped {
    logs::listen();
    let identity = Identity::of("localhost");
    let (pipes, accepted) = mpsc::channel(1);
    let (stop, stopped) = oneshot::channel();
    let router = Router::new()
        .route("/page", get(async || "x".repeat(1 << 20)))
        .route("/post", post(async |body: Bytes| format!("{} bytes", body.len())));
    let server = server.router(router).tls(identity.server()).shutdown(async { drop(stopped.await) });
    let checked = server.check().await.unwrap();
    let task = tokio::spawn(async move { checked.serve_on(Pipes(accepted)).await.unwrap() });
    Piped { identity, pipes, stop, task }
}

/// A client that has shaken hands.
struct Visitor {
    stream: TlsStream<DuplexStream>,
    peer: SocketAddr,
}

impl Piped {
    async fn visit(&self) -> Visitor {
        static PORTS: AtomicU16 = AtomicU16::new(1);
        let peer = ([203, 0, 113, 9], PORTS.fetch_add(1, Ordering::Relaxed)).into();
        let (ours, theirs) = duplex(4 * 1024);
        self.pipes.send((theirs, peer)).await.unwrap();
        let stream =
            self.identity.connector(&[]).connect("localhost".try_into().unwrap(), ours).await.unwrap();
        Visitor { stream, peer }
    }

    async fn open(&self, path: &str) -> Visitor {
        let mut visitor = self.visit().await;
        visitor.ask(&format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n")).await;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(visitor.stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "));
        visitor
    }
}

impl Visitor {
    async fn ask(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    async fn say(&mut self, frame: &[u8]) {
        self.stream.write_all(frame).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// What comes until the end, which must not be more than this.
    async fn rest(&mut self, most: usize) -> Vec<u8> {
        let (mut rest, mut room) = (Vec::new(), [0; 4096]);
        while let Ok(size @ 1..) = self.stream.read(&mut room).await {
            rest.extend_from_slice(&room[..size]);
            assert!(rest.len() < most, "there is no end");
        }
        rest
    }

    /// The end of its connection, and after how many seconds it came.
    async fn closing(&self, since: Instant) -> (logs::Line, u64) {
        let line = loop {
            let lines = logs::with("peer", &self.peer.to_string());
            if let Some(line) = lines.into_iter().find(|line| line.get("message") == "connection closed") {
                break line;
            }
            sleep(Duration::from_millis(100)).await;
        };
        (line, since.elapsed().as_secs())
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_cut_off() {
    let server = piped(Server::new()).await;
    let visitor = server.open("/flood").await;
    let (line, after) = visitor.closing(Instant::now()).await;
    assert_eq!(line.get("rule"), "slow_consumer", "{line:?}");
    assert_eq!(line.get("reason"), "the peer has not read anything for 10s");
    assert_eq!(after, 15, "10 s for a send, 5 s for the close");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_again_finds_the_close_frame() {
    let server = piped(Server::new()).await;
    let mut visitor = server.open("/flood").await;
    sleep(Duration::from_secs(12)).await;
    let rest = visitor.rest(1 << 20).await;
    let close = [&1013_u16.to_be_bytes()[..], b"messages are not being read"].concat();
    assert!(rest.ends_with(&close), "{:?}", &rest[rest.len() - 40..]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_gets_everything() {
    let server = piped(Server::new().heartbeat(Heartbeat::off())).await;
    let mut visitor = server.open("/bulk").await;
    visitor.say(&frame(0x81, b"now")).await;
    let mut taken = Vec::new();
    while taken.len() < 1 << 20 {
        sleep(Duration::from_secs(9)).await;
        let mut room = vec![0; 32 * 1024];
        let mut filled = 0;
        // As much as a system hands over at once.
        while filled < room.len() && taken.len() + filled < 1 << 20 {
            let size = visitor.stream.read(&mut room[filled..]).await.unwrap();
            assert!(size > 0, "cut off after {} bytes", taken.len());
            filled += size;
        }
        taken.extend_from_slice(&room[..filled]);
    }
    taken.extend(visitor.rest(1 << 20).await);
    assert!(taken.ends_with(b"\x88\x06\x03\xe8done"), "{:?}", &taken[taken.len() - 8..]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_a_ping_is_gone() {
    let server = piped(Server::new()).await;
    let visitor = server.open("/echo").await;
    let (line, after) = visitor.closing(Instant::now()).await;
    assert_eq!(line.get("rule"), "heartbeat_missed", "{line:?}");
    assert_eq!(after, 45, "30 s of silence, 10 s for the answer, 5 s for the close");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_a_close_frame_is_left_after_5_seconds() {
    let server = piped(Server::new()).await;
    let mut visitor = server.open("/bulk").await;
    visitor.say(&frame(0x81, b"now")).await;
    let mut taken = vec![0; 1 << 20];
    visitor.stream.read_exact(&mut taken).await.unwrap();
    let (line, after) = visitor.closing(Instant::now()).await;
    assert_eq!((line.get("code"), after), ("1000", 5), "{line:?}");
}

/// `close_notify` is missing: what was sent may be truncated (RFC 8446, section 6.1). For a WebSocket that is one more connection
/// without a close frame.
#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_below_tls_is_lost() {
    let server = piped(Server::new()).await;
    let Visitor { stream, peer } = server.open("/echo").await;
    let (pipe, _session) = stream.into_inner();
    drop(pipe);
    let line = logs::closing_of(&peer.to_string()).await;
    assert_eq!(line.get("reason"), "the connection ended without a close frame", "{line:?}");

    let mut announced = server.open("/echo").await;
    announced.stream.shutdown().await.unwrap();
    let (line, _) = announced.closing(Instant::now()).await;
    assert_eq!(line.get("reason"), "the connection ended without a close frame", "{line:?}");
}

/// The lines about HTTP with this client.
async fn said(peer: SocketAddr) -> (String, String) {
    loop {
        let lines = logs::with("peer", &peer.to_string());
        if let Some(line) = lines.iter().find(|line| line.get("message") == "http request failed") {
            return (line.get("rule").to_owned(), line.get("reason").to_owned());
        }
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_nobody_reads_ends_the_connection() {
    let server = piped(Server::new()).await;
    let mut visitor = server.visit().await;
    visitor.ask("GET /page HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let begun = Instant::now();
    let (rule, reason) = said(visitor.peer).await;
    assert_eq!(rule, "slow_client");
    assert_eq!(reason, "the client has read almost nothing of a response for 10s; it is disconnected");
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_answered_408() {
    let server = piped(Server::new()).await;
    let mut visitor = server.visit().await;
    visitor.ask("POST /post HTTP/1.1\r\nhost: localhost\r\ncontent-length: 90\r\n\r\nhalf").await;
    let begun = Instant::now();
    let mut answer = Vec::new();
    visitor.stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(begun.elapsed().as_secs(), 10);
}

/// One that does not read, one that is silent, one that has not completed the handshake of TLS.
#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_no_client() {
    let limits = Limits::new().send_timeout(Duration::from_mins(10)).close_timeout(Duration::from_mins(10));
    let server = piped(Server::new().limits(limits.handshake_timeout(Duration::from_mins(10)))).await;
    let (_unread, _silent) = (server.open("/flood").await, server.open("/echo").await);
    let (mut ours, theirs) = duplex(4 * 1024);
    server.pipes.send((theirs, ([203, 0, 113, 9], 0).into())).await.unwrap();
    ours.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    server.stop.send(()).unwrap();
    server.task.await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 10, "the shutdown timeout");
}
