//! `Socket::into_io`: a connection as a stream of bytes.

use std::{
    io::{self, ErrorKind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};

use super::Socket;
use crate::{Error, Message, Raw};

/// The largest message that one write becomes, in bytes. As much may be queued before a write waits.
const LONGEST: usize = 64 * 1024;

/// A WebSocket as a stream of bytes, for protocols that bring their own framing: created by [`Socket::into_io`].
///
/// Reading returns the payloads of the binary messages, one after the other, and `Ok(0)` at the end: when the client has closed,
/// or the server is stopping. Where one message ends and the next begins is not visible. A text message closes with 1003
/// (`invalid_message`) and is an error of the kind `InvalidData`.
///
/// Each write becomes one binary message of at most 64 KiB. It is written to the transport at the next `.await` that suspends the
/// task, also without a flush; `flush` waits until it is written. `shutdown` closes with 1000, after everything that was
/// written, and waits until the connection is closed: WebSocket has no half-closed connections, so what the client sends after
/// that is lost. Dropping it closes with 1000 too.
///
/// # Errors
/// Reading: `ConnectionReset` if the connection failed without a close frame, `InvalidData` if the client sent text or violated
/// the protocol or a limit. Writing: `BrokenPipe` if the connection is closed. In a handler, `?` converts such an error back into
/// the [`Error`] that it was, with its close code.
pub struct SocketIo {
    socket: Socket<Raw>,
    /// The rest of a message.
    unread: Bytes,
    /// Nothing more is read.
    is_at_end: bool,
}

impl Socket<Raw> {
    /// Converts the socket into a stream of bytes over binary messages, which implements tokio's `AsyncRead`, `AsyncBufRead` and
    /// `AsyncWrite`.
    ///
    /// ```no_run
    /// use sockeye::{Handshake, ws_endpoint};
    /// use tokio::net::TcpStream;
    ///
    /// /// Connects a browser to the database server.
    /// #[ws_endpoint("/ws/database", subprotocols = ["binary"])]
    /// async fn database(handshake: Handshake) -> sockeye::Result {
    ///     let mut upstream = TcpStream::connect("127.0.0.1:5432").await?;
    ///     let mut client = handshake.accept().await?.into_io();
    ///     tokio::io::copy_bidirectional(&mut client, &mut upstream).await?;
    ///     Ok(())
    /// }
    /// ```
    pub fn into_io(self) -> SocketIo {
        SocketIo { socket: self, unread: Bytes::new(), is_at_end: false }
    }
}

impl SocketIo {
    /// The socket, for its [`peer`](Socket::peer), its [`close_frame`](Socket::close_frame), or a [`ping`](Socket::ping).
    pub fn get_ref(&self) -> &Socket<Raw> {
        &self.socket
    }

    /// Waits until there is something to read. `false` at the end.
    fn poll_unread(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.unread.is_empty() && !self.is_at_end {
            let receiver = &mut self.socket.receiver;
            match ready!(receiver.link.poll_recv(cx, &mut receiver.wait))? {
                Some(Message::Binary(payload)) => self.unread = payload,
                Some(Message::Text(_)) => {
                    self.is_at_end = true;
                    let error = Error::text_instead_of_bytes("only binary messages are read");
                    // Whatever becomes of the error, the client is told.
                    receiver.link.fail(&error);
                    return Poll::Ready(Err(error.into()));
                }
                None => self.is_at_end = true,
            }
        }
        Poll::Ready(Ok(!self.unread.is_empty()))
    }
}

impl AsyncBufRead for SocketIo {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        ready!(this.poll_unread(cx))?;
        Poll::Ready(Ok(&this.unread))
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        self.unread.advance(amount);
    }
}

impl AsyncRead for SocketIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() > 0 && ready!(self.poll_unread(cx))? {
            let fits = self.unread.len().min(buffer.remaining());
            buffer.put_slice(&self.unread.split_to(fits));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for SocketIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let bytes = &bytes[..bytes.len().min(LONGEST)];
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let sender = &mut self.get_mut().socket.sender;
        ready!(sender.link.poll_room(cx, &mut sender.wait)).map_err(unwritten)?;
        let message = Message::binary(Bytes::copy_from_slice(bytes));
        sender.link.queue(message.into(), true).map_err(unwritten)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sender = &mut self.get_mut().socket.sender;
        match ready!(sender.link.poll_flush(cx, &mut sender.wait)) {
            // As with TCP, the end of the other side is no fault of what was written before.
            Err(_) if sender.link.has_ended_well() => Poll::Ready(Ok(())),
            flushed => Poll::Ready(flushed.map_err(unwritten)),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().socket.sender.poll_end(cx).map(Ok)
    }
}

/// The error of a write on a connection that is over.
fn unwritten(error: Error) -> io::Error {
    io::Error::new(ErrorKind::BrokenPipe, error.into_boxed())
}

impl std::fmt::Debug for SocketIo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SocketIo").field("socket", &self.socket).finish_non_exhaustive()
    }
}
