//! permessage-deflate (RFC 7692): what a program asks for, what a handshake agrees on, and the codec.
//!
//! Nothing is kept from one message to the next, on either side: a connection that waits has no window, and the codec belongs to the
//! thread.

mod codec;
mod forms;
mod offer;

use http::{HeaderMap, HeaderValue};

pub(crate) use self::{codec::Agreed, forms::Forms};
use crate::{Limits, endpoint::CompressionOption};

/// What a request and an endpoint with these limits agree on, and the header of the response that says so.
pub(crate) fn agreed(headers: &HeaderMap, limits: &Limits) -> Option<(Agreed, HeaderValue)> {
    offer::agree(headers, limits.compression?)
}

/// The smallest message that is compressed, in bytes; `None` if none is.
pub(crate) fn min_size(limits: &Limits) -> Option<usize> {
    limits.compression.map(|compression| compression.min_size)
}

/// Whether there is such a level.
pub(crate) fn has_valid_level(limits: &Limits) -> bool {
    limits.compression.is_none_or(|compression| (1..=9).contains(&compression.level))
}

/// The limits of an endpoint with this option, on a server with these.
pub(crate) fn chosen(option: Option<CompressionOption>, server: Limits) -> Limits {
    let compression = match option {
        None => server.compression,
        Some(CompressionOption::Off) => None,
        Some(CompressionOption::Deflate) => Some(server.compression.unwrap_or_default()),
    };
    Limits { compression, ..server }
}

/// Compression of messages, permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)), for
/// [`Limits::compression`](crate::Limits::compression). Needs the feature `compression`.
///
/// A client that offers it gets compressed messages, and may send them; others do not notice. Browsers offer it always. It saves bandwidth, and
/// costs the server time: some microseconds for each KiB that it compresses.
///
/// No context is taken over: each message is compressed by itself, so that a connection that waits costs no memory. A message shorter
/// than [`min_size`](Self::min_size), or one that does not become smaller, is sent as it is. An event of a [`Hub`](crate::Hub) is compressed
/// once, however many receive it; the hub keeps its compressed form as long as the event.
///
/// Do not compress a message in which a secret is beside text that an attacker chooses: the length of the message then depends on how much of
/// the secret the text repeats, and whoever can watch the lengths finds the secret byte by byte (CRIME, BREACH). Leave it off for such an
/// endpoint with `compression = off` in its attribute.
///
/// ```
/// use sockeye::{Compression, Limits, Server};
///
/// let server = Server::new().limits(Limits::new().compression(Compression::deflate().min_size(1024)));
/// # let _ = server;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression {
    pub(crate) level: u8,
    pub(crate) min_size: usize,
}

impl Compression {
    /// DEFLATE at level 6, for messages of at least 256 bytes.
    pub const fn deflate() -> Self {
        Self { level: 6, min_size: 256 }
    }

    /// How much time is spent to make messages small: from 1, the fastest, to 9. Any other level is a startup error (`invalid_limits`).
    #[must_use]
    pub const fn level(mut self, level: u8) -> Self {
        self.level = level;
        self
    }

    /// Messages shorter than this many bytes are not compressed.
    #[must_use]
    pub const fn min_size(mut self, bytes: usize) -> Self {
        self.min_size = bytes;
        self
    }
}

impl Default for Compression {
    /// As [`deflate`](Self::deflate).
    fn default() -> Self {
        Self::deflate()
    }
}
