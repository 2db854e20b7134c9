//! Reads a bounded part of the response to a handshake, whatever it is.

use std::{io::Cursor, time::Duration};

use tokio::{io::AsyncReadExt as _, time::timeout};

use super::{
    body,
    broken::Broken,
    head::{self, Head},
    transport::Duplex,
};

/// An HTTP response.
pub(super) struct Answer {
    pub(super) head: Head,
    /// The beginning of the body; empty when the connection was upgraded.
    pub(super) body: Vec<u8>,
    /// The key of its request.
    pub(super) key: String,
    /// The bytes after the head of an upgraded connection, and the connection itself.
    pub(super) rest: (Vec<u8>, Box<dyn Duplex>),
}

/// The head, within the time, and its information about the rest.
pub(super) async fn read(
    mut stream: Box<dyn Duplex>,
    key: String,
    limit: Duration,
) -> Result<Answer, Broken> {
    let mut bytes = Vec::new();
    let head = match timeout(limit, head::read(&mut stream, &mut bytes)).await {
        Ok(head) => head?,
        Err(_) if bytes.is_empty() => return Err(Broken::Silent(limit)),
        Err(_) => return Err(Broken::Slow(limit, bytes)),
    };
    if head.switched() {
        return Ok(Answer { head, body: Vec::new(), key, rest: (bytes, stream) });
    }
    let body = body::read(&mut stream, bytes, &head, limit).await;
    Ok(Answer { head, body, key, rest: (Vec::new(), stream) })
}

impl Answer {
    /// The upgraded connection, beginning with the bytes that arrived together with the head.
    pub(super) fn into_stream(self) -> impl Duplex {
        let (read, stream) = self.rest;
        let (reader, writer) = tokio::io::split(stream);
        tokio::io::join(Cursor::new(read).chain(reader), writer)
    }
}
