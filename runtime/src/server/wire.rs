//! The transport of an HTTP connection, with a deadline for a client that does not read.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use hyper::upgrade::{Parts, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

use super::{
    beginning::PREFACE,
    frames::{Frames, Refused},
    no_http2, pace,
    source::Transport,
    visit::Visit,
};

/// Fails a write if the peer reads almost nothing for a time. A connection without data to write may be silent indefinitely:
/// the clock runs only between a write that the transport did not accept and a complete flush.
pub(crate) struct Wire<T> {
    io: T,
    /// Data that was read but not used: to learn the version of HTTP, or by HTTP before an upgrade.
    left_over: Bytes,
    visit: Visit,
    limit: Duration,
    blocked: Option<Blocked>,
    /// The client's first bytes are known.
    has_begun: bool,
    /// The parser of the written frames, over HTTP/2.
    frames: Option<Frames>,
    /// The client speaks HTTP/2, which is not built in, and has been told so.
    is_turned_away: bool,
    tell: Tell,
}

/// Called with each refusal by h2. Boxed, so that the transport has a type that can be named.
type Tell = Box<dyn FnMut(Refused) + Send>;

/// The version of HTTP that a client speaks.
pub(super) enum Version {
    Http1,
    Http2,
}

/// There is more data than the transport accepts.
#[derive(Debug)]
struct Blocked {
    deadline: Pin<Box<Sleep>>,
    /// Bytes that the transport accepted since the deadline was set.
    taken: usize,
}

/// The transport of an upgraded connection, without the layers that HTTP has added, which cost time at every read and write.
/// If a server other than Sockeye's has accepted the connection, or over HTTP/2, they stay.
pub(crate) fn transport(upgraded: Upgraded) -> Box<dyn Transport> {
    let boxed = |upgraded| of_type::<Box<dyn Transport>>(upgraded);
    let transport = of_type::<TcpStream>(upgraded).or_else(boxed);
    transport.unwrap_or_else(|upgraded| Box::new(TokioIo::new(upgraded)))
}

/// TCP has a type of its own; TLS and what other listeners accept is boxed.
fn of_type<T: Transport + 'static>(upgraded: Upgraded) -> Result<Box<dyn Transport>, Upgraded> {
    let Parts { io, read_buf, .. } = upgraded.downcast::<TokioIo<Wire<T>>>()?;
    // A slice would keep the whole buffer that HTTP has read into as long as the connection lives.
    let left_over = Bytes::copy_from_slice(&read_buf);
    Ok(Box::new(Wire { left_over, ..io.into_inner() }))
}

impl<T> Wire<T> {
    /// `tell` is called with each refusal by h2.
    pub(super) fn new(
        io: T,
        visit: Visit,
        limit: Duration,
        tell: impl FnMut(Refused) + Send + 'static,
    ) -> Self {
        Self {
            io,
            left_over: Bytes::new(),
            visit,
            limit,
            blocked: None,
            has_begun: false,
            frames: None,
            is_turned_away: false,
            tell: Box::new(tell),
        }
    }

    /// The client's first bytes reveal the protocol.
    fn hear(&mut self, bytes: &[u8]) {
        if self.has_begun || bytes.is_empty() {
            return;
        }
        let beginning = self.visit.hear(bytes);
        self.has_begun = beginning.is_complete();
        if beginning.is_http2() && self.frames.is_none() {
            self.frames = Some(Frames::default());
        }
    }

    /// Written frames reveal refusals by h2.
    fn look_at<'a>(&mut self, slices: impl IntoIterator<Item = &'a [u8]>, written: &Poll<io::Result<usize>>) {
        let (Some(frames), Poll::Ready(Ok(written))) = (&mut self.frames, written) else { return };
        if self.visit.is_over() {
            return;
        }
        let mut left = *written;
        for slice in slices {
            let here = &slice[..slice.len().min(left)];
            left -= here.len();
            frames.read(here, &mut self.tell);
        }
        if frames.has_goaway {
            self.visit.parted();
        }
    }

    /// The result of a write, or an error if the deadline has passed.
    fn judge(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if self.visit.is_over() {
            // A connection that has become a WebSocket has its own deadline.
            return written;
        }
        match written {
            Poll::Ready(Ok(bytes)) => {
                if let Some(blocked) = &mut self.blocked {
                    blocked.taken += bytes;
                }
                written
            }
            Poll::Pending => {
                ready!(self.poll_deadline(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Ready(Err(_)) => written,
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        let blocked = self.blocked.get_or_insert_with(|| {
            self.visit.blocked();
            Blocked { deadline: Box::pin(sleep(limit)), taken: 0 }
        });
        loop {
            ready!(blocked.deadline.as_mut().poll(cx));
            // A WebSocket over HTTP/2 has its own deadline, close code and event: this deadline leaves time for those.
            if blocked.taken < pace::least(limit) && !self.visit.has_sockets() {
                self.visit.stalled();
                return Poll::Ready(());
            }
            blocked.taken = 0;
            blocked.deadline.as_mut().reset(Instant::now() + limit);
        }
    }

    fn flushed(&mut self) {
        if self.blocked.take().is_some() {
            self.visit.unblocked();
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Wire<T> {
    /// Reads until the client's first bytes show the version of HTTP. They are read again afterwards, together with what follows them: hyper's own
    /// detection reads them alone, and hyper then doubles its buffer, which would leave holes in the heap between the connections.
    pub(super) async fn begin(mut self) -> io::Result<(Version, Self)> {
        let version = poll_fn(|cx| self.poll_version(cx)).await?;
        Ok((version, self))
    }

    fn poll_version(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Version>> {
        loop {
            let known = self.left_over.len();
            let mut room = [0; PREFACE.len()];
            let mut bytes = ReadBuf::new(&mut room[known..]);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut bytes))?;
            let is_end = bytes.filled().is_empty();
            self.hear(bytes.filled());
            let heard = known + bytes.filled().len();
            room[..known].copy_from_slice(&self.left_over);
            self.left_over = Bytes::copy_from_slice(&room[..heard]);
            if is_end || !PREFACE.starts_with(&self.left_over) {
                return Poll::Ready(Ok(Version::Http1));
            }
            if heard == PREFACE.len() {
                return Poll::Ready(Ok(Version::Http2));
            }
        }
    }

    /// HTTP/2 if it is not built in: the client gets a refusal in HTTP/2, and hyper sees the end of the connection.
    fn poll_turn_away(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !std::mem::replace(&mut self.is_turned_away, true) {
            (self.tell)(Refused::Version);
            self.visit.parted();
            // Nothing was written before, so there is room for it.
            let _said_or_not = Pin::new(&mut self.io).poll_write(cx, &no_http2::farewell());
            let _ended_or_not = Pin::new(&mut self.io).poll_shutdown(cx);
        }
        // Closing with unread data would reset the connection, and the reset can overtake the refusal.
        let mut room = [0; 1024];
        loop {
            let mut unread = ReadBuf::new(&mut room);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut unread))?;
            if unread.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !cfg!(feature = "http2") && self.frames.is_some() {
            return self.poll_turn_away(cx);
        }
        if !self.left_over.is_empty() {
            let given = self.left_over.len().min(buffer.remaining());
            buffer.put_slice(&self.left_over[..given]);
            self.left_over.advance(given);
            // With what follows, if it is there. If not, this task is woken once too often; an error comes again.
            if buffer.remaining() > 0 {
                let before = buffer.filled().len();
                let _or_later = Pin::new(&mut self.io).poll_read(cx, buffer);
                self.hear(&buffer.filled()[before..]);
            }
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        self.hear(&buffer.filled()[before..]);
        if !cfg!(feature = "http2") && self.frames.is_some() {
            buffer.set_filled(before);
            return self.poll_turn_away(cx);
        }
        if !read.is_pending() && buffer.filled().len() == before {
            self.visit.parted();
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.look_at([bytes], &written);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.look_at(slices.iter().map(|slice| &**slice), &written);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.io).poll_flush(cx));
        self.flushed();
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
