//! A handshake that got no answer in HTTP.

use std::{io, time::Duration};

/// How it broke off.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection did not come about, although the first one had.
    NotConnected(io::Error),
    /// Nothing came at all.
    Silent(Duration),
    /// The head began and did not end.
    Slow(Duration, Vec<u8>),
    /// The connection ended; what had come by then.
    Ended(Vec<u8>),
    /// The connection was reset, or broke in another way.
    Failed(io::Error, Vec<u8>),
    /// Something else than HTTP came.
    NotHttp(Vec<u8>),
    /// A head of more bytes than anyone sends.
    TooLong(usize),
}
