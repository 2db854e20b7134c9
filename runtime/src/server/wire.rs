//! The transport of an HTTP connection, with a deadline for what the client does not take.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use super::{
    frames::{Frames, Refused},
    pace,
    visit::Visit,
};

/// Fails a write when the peer takes next to nothing for a time. A connection on which there is nothing to write may be silent
/// for as long as it likes: the clock runs only between a write that the transport did not take and a complete flush.
pub(super) struct Wire<T, F> {
    io: T,
    visit: Visit,
    limit: Duration,
    blocked: Option<Blocked>,
    /// The visit knows what the client began with.
    has_begun: bool,
    /// What is written, over HTTP/2.
    frames: Option<Frames>,
    tell: F,
}

/// More is to be written than the transport takes.
#[derive(Debug)]
struct Blocked {
    deadline: Pin<Box<Sleep>>,
    /// Bytes that it took since the deadline was set.
    taken: usize,
}

impl<T, F: FnMut(Refused)> Wire<T, F> {
    /// `tell` is told what h2 refuses by itself.
    pub(super) fn new(io: T, visit: Visit, limit: Duration, tell: F) -> Self {
        Self { io, visit, limit, blocked: None, has_begun: false, frames: None, tell }
    }

    /// The client's first bytes say which protocol it speaks.
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

    /// What is written tells what h2 refuses by itself.
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

    /// What a write has come to, with the deadline in mind.
    fn judge(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if self.visit.is_over() {
            // What has become a WebSocket has a deadline of its own.
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
            // A WebSocket of HTTP/2 has a deadline of its own, a close code and an event: this one leaves it the time for that.
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

impl<T: AsyncRead + Unpin, F: FnMut(Refused) + Unpin> AsyncRead for Wire<T, F> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        self.hear(&buffer.filled()[before..]);
        if !read.is_pending() && buffer.filled().len() == before {
            self.visit.parted();
        }
        read
    }
}

impl<T: AsyncWrite + Unpin, F: FnMut(Refused) + Unpin> AsyncWrite for Wire<T, F> {
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
