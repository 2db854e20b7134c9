//! A handshake without an HTTP response.

use std::{io, time::Duration};

/// How it failed.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection failed, although the first one had succeeded.
    NotConnected(io::Error),
    /// There was no response at all.
    Silent(Duration),
    /// The head began and did not end.
    Slow(Duration, Vec<u8>),
    /// The connection ended, after these bytes.
    Ended(Vec<u8>),
    /// The connection was reset, or failed in another way.
    Failed(io::Error, Vec<u8>),
    /// The response was not HTTP.
    NotHttp(Vec<u8>),
    /// The head was longer than any real one.
    TooLong(usize),
}
