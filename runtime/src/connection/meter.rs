use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::fragments::Fragments;

/// Counts the bytes that are read and written, holds writes back until a flush, and cuts long frames (`fragments.rs`).
///
/// The counts distinguish a slow peer from one that is gone, even within a long message. The engine tries to write
/// whenever it is asked to read; held back, the replies to a burst are written together.
#[derive(Debug)]
pub(super) struct Meter<T> {
    io: T,
    pub(super) read: u64,
    pub(super) written: u64,
    pub(super) hold: bool,
    /// Set if a frame can be long.
    fragments: Option<Fragments>,
}

impl<T> Meter<T> {
    pub(super) fn new(io: T, fragments: Option<Fragments>) -> Self {
        Self { io, read: 0, written: 0, hold: true, fragments }
    }

    fn count(&mut self, result: io::Result<usize>) -> io::Result<usize> {
        if let Ok(bytes) = &result {
            self.written += *bytes as u64;
        }
        result
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Meter<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { io, read, fragments, .. } = &mut *self;
        let mut io = Pin::new(io);
        let mut poll_io = |buffer: &mut ReadBuf<'_>| {
            let before = buffer.filled().len();
            let result = ready!(io.as_mut().poll_read(cx, buffer));
            *read += (buffer.filled().len() - before) as u64;
            Poll::Ready(result)
        };
        match fragments {
            Some(fragments) => fragments.poll_read(buffer, poll_io),
            None => poll_io(buffer),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Meter<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.hold {
            // No task waits for this: the owner flushes each time the handler is pending.
            return Poll::Pending;
        }
        let result = ready!(Pin::new(&mut self.io).poll_write(cx, bytes));
        Poll::Ready(self.count(result))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, slices));
        Poll::Ready(self.count(result))
    }

    fn is_write_vectored(&self) -> bool {
        // While writes are held back, do not make the engine collect data that it cannot write.
        !self.hold && self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
