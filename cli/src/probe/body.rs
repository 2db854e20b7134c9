//! Reads the beginning of a body, for people: a proxy's page, or the text of a refusal.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};

use super::head::Head;

/// The most that is read.
const MOST: usize = 16 * 1024;

/// The part of the body that arrives within the time. An incomplete body is not an error: the head has enough
/// information.
pub(super) async fn read<R: AsyncRead + Unpin>(
    stream: &mut R,
    first: Vec<u8>,
    head: &Head,
    limit: Duration,
) -> Vec<u8> {
    let chunked = head.has_token("transfer-encoding", "chunked");
    let length = head.get("content-length").and_then(|length| length.parse::<usize>().ok());
    let wanted = if chunked { MOST } else { length.unwrap_or(MOST).min(MOST) };
    let mut bytes = first;
    let _ = timeout(limit, fill(stream, &mut bytes, wanted, chunked)).await;
    bytes.truncate(wanted);
    if chunked { dechunk(&bytes) } else { bytes }
}

async fn fill<R: AsyncRead + Unpin>(stream: &mut R, bytes: &mut Vec<u8>, wanted: usize, chunked: bool) {
    while bytes.len() < wanted && !(chunked && bytes.ends_with(b"0\r\n\r\n")) {
        if !matches!(stream.read_buf(bytes).await, Ok(1..)) {
            return;
        }
    }
}

/// The data of the chunks, as far as they can be read (RFC 9112 section 7.1).
fn dechunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    while let Ok(httparse::Status::Complete((start, length))) = httparse::parse_chunk_size(bytes) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let chunk = &bytes[start..];
        data.extend_from_slice(&chunk[..length.min(chunk.len())]);
        // After the data of a chunk comes a line break.
        let next = length.saturating_add(2);
        if length == 0 || next >= chunk.len() {
            break;
        }
        bytes = &chunk[next..];
    }
    data
}

#[cfg(test)]
mod tests {
    use super::dechunk;

    #[test]
    fn chunks_are_put_together_as_far_as_they_go() {
        assert_eq!(dechunk(b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"), b"hello world");
        assert_eq!(dechunk(b"ffffffffffffffff\r\nhel"), b"hel");
        assert_eq!(dechunk(b"nonsense"), b"");
    }
}
