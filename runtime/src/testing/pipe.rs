//! Connections without a network: two ends of an in-memory pipe, which can fail in the same ways as a network.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf},
    sync::mpsc,
};

use super::flow::{Flow, Flows, Tracked};
use crate::server::Listen;

/// How many bytes a pipe holds in each direction before a write waits, like a network's buffers.
const BUFFER: usize = 64 * 1024;

/// A raw connection to the server: the test writes and reads the bytes itself, through [`AsyncRead`] and
/// [`AsyncWrite`].
///
/// Dropping it closes the connection normally, as when a program exits; [`reset`](Self::reset) breaks it.
///
/// ```
/// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
/// # async fn example(client: sockeye::testing::TestClient) -> std::io::Result<()> {
/// let mut stream = client.stream();
/// stream.write_all(b"GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
/// let mut answer = String::new();
/// stream.read_to_string(&mut answer).await?;
/// assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestStream {
    io: DuplexStream,
    reset: Arc<AtomicBool>,
    peer: SocketAddr,
    flow: Arc<Flow>,
    /// Data that was read ahead and is to be read again first.
    rest: Bytes,
}

impl TestStream {
    /// The address of this client, as the server sees it.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Breaks the connection: the server's next read or write fails with "connection reset", and bytes that it has not
    /// read yet are lost.
    pub fn reset(self) {
        // Dropping the pipe wakes the server, which then sees the reset.
        self.reset.store(true, Ordering::SeqCst);
    }

    /// If it is set before the stream is dropped, the drop becomes a reset.
    pub(super) fn switch(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.reset)
    }

    /// The same stream, but these bytes are read first.
    pub(super) fn reading_first(mut self, rest: Bytes) -> Self {
        self.rest = rest;
        self
    }
}

impl AsyncRead for TestStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.rest.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, buffer);
        }
        let taken = self.rest.len().min(buffer.remaining());
        buffer.put_slice(&self.rest[..taken]);
        self.rest.advance(taken);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TestStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, bytes))?;
        self.flow.wrote(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// The server's end of a pipe.
#[derive(Debug)]
pub(super) struct ServerEnd {
    io: DuplexStream,
    reset: Arc<AtomicBool>,
    flow: Tracked,
}

impl ServerEnd {
    fn check(&self) -> io::Result<()> {
        if self.reset.load(Ordering::SeqCst) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl AsyncRead for ServerEnd {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(cx, buffer);
        self.flow.note_read(&polled, buffer.filled().len() - before);
        polled
    }
}

impl AsyncWrite for ServerEnd {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// A server's end of a pipe and the address of the other end.
type Knock = (ServerEnd, Option<SocketAddr>);

/// The listener for a test's pipes, in place of a port.
pub(super) struct Pipes(mpsc::UnboundedReceiver<Knock>);

/// The other side of [`Pipes`].
#[derive(Debug)]
pub(super) struct Door {
    knocks: mpsc::UnboundedSender<Knock>,
    flows: Flows,
}

/// A listener for pipes.
pub(super) fn port() -> (Door, Pipes) {
    let (door, pipes) = mpsc::unbounded_channel();
    (Door { knocks: door, flows: Flows::default() }, Pipes(pipes))
}

impl Door {
    /// A new connection. If the server no longer listens, its other end is already closed.
    pub(super) fn open(&self, peer: SocketAddr) -> TestStream {
        let (ours, theirs) = tokio::io::duplex(BUFFER);
        let reset = Arc::new(AtomicBool::new(false));
        let (flow, tracked) = self.flows.add(peer);
        let end = ServerEnd { io: theirs, reset: Arc::clone(&reset), flow: tracked };
        let _nobody_listens = self.knocks.send((end, Some(peer)));
        TestStream { io: ours, reset, peer, flow, rest: Bytes::new() }
    }

    /// The data in transit in the pipes.
    pub(super) fn flows(&self) -> &Flows {
        &self.flows
    }
}

impl Listen for Pipes {
    type Io = ServerEnd;

    async fn accept(&mut self) -> io::Result<Knock> {
        match self.0.recv().await {
            Some(knock) => Ok(knock),
            None => std::future::pending().await,
        }
    }
}
