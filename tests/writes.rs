//! What a connection costs in writes: counted on the server's side of an in-memory pipe, so that nothing depends on time.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::{SinkExt, StreamExt as _};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use sockeye::{Handshake, Message, Server, ws_endpoint};
use sockeye_tests::{
    raw::{HEAD, frame},
    within,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf};

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Echoes batches of three.
#[ws_endpoint("/batches")]
async fn batches(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        for _ in 0..3 {
            socket.feed(&message).await?;
        }
        socket.flush().await?;
    }
    Ok(())
}

/// The same through `Stream` and `Sink`.
#[ws_endpoint("/batches/traits")]
async fn batches_by_traits(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        for _ in 0..3 {
            SinkExt::feed(&mut socket, &message).await?;
        }
        SinkExt::<Message>::flush(&mut socket).await?;
    }
    Ok(())
}

/// Counts the writes that pass.
struct Counting {
    io: DuplexStream,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        // A pipe takes one slice at a time; a socket takes all of them, and so does this.
        let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        Pin::new(&mut self.io).poll_write(cx, &all)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// A client's end of a pipe after its handshake, and the count of the server's writes from there on.
async fn connect(path: &str) -> (DuplexStream, Arc<AtomicUsize>) {
    let router = Server::new().check().await.unwrap().into_router();
    let (mut client, server) = tokio::io::duplex(1024 * 1024);
    let writes = Arc::new(AtomicUsize::new(0));
    let io = TokioIo::new(Counting { io: server, writes: Arc::clone(&writes) });
    let service = TowerToHyperService::new(router);
    tokio::spawn(async move {
        hyper::server::conn::http1::Builder::new()
            .serve_connection(io, service)
            .with_upgrades()
            .await
            .unwrap();
    });
    client.write_all(format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within(client.read_u8()).await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    writes.store(0, Ordering::SeqCst);
    (client, writes)
}

async fn expect(client: &mut DuplexStream, bytes: &[u8]) {
    let mut back = vec![0; bytes.len()];
    within(client.read_exact(&mut back)).await.unwrap();
    assert_eq!(back, bytes);
}

#[tokio::test]
async fn replies_to_a_burst_leave_in_one_write() {
    let (mut client, writes) = connect("/echo").await;
    let burst: Vec<u8> = (0..30).flat_map(|_| frame(0x81, &[b'x'; 64])).collect();
    client.write_all(&burst).await.unwrap();
    let reply: Vec<u8> = [0x81, 64].into_iter().chain([b'x'; 64]).collect();
    expect(&mut client, &reply.repeat(30)).await;
    assert_eq!(writes.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn one_message_costs_one_write() {
    let (mut client, writes) = connect("/echo").await;
    for n in 1..=10 {
        client.write_all(&frame(0x82, &[7])).await.unwrap();
        expect(&mut client, &[0x82, 1, 7]).await;
        assert_eq!(writes.load(Ordering::SeqCst), n);
    }
}

#[tokio::test]
async fn a_batch_leaves_with_its_flush() {
    for path in ["/batches", "/batches/traits"] {
        let (mut client, writes) = connect(path).await;
        client.write_all(&frame(0x82, &[7])).await.unwrap();
        expect(&mut client, &[0x82, 1, 7].repeat(3)).await;
        assert_eq!(writes.load(Ordering::SeqCst), 1, "{path}");
    }
}
