//! A client's first bytes, if they are not HTTP.

/// The number of bytes that identify a protocol.
pub(super) const LENGTH: usize = 16;

/// The first bytes of an HTTP/2 client (RFC 9113, section 3.4).
pub(super) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// As many of them as tell it from any other client: the first line.
const HTTP2: &[u8] = PREFACE.split_at(14).0;

const REQUEST: &str = "part of a request";

/// The first bytes of a connection.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Beginning {
    bytes: [u8; LENGTH],
    length: usize,
}

impl Beginning {
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        let here = bytes.len().min(LENGTH - self.length);
        self.bytes[self.length..self.length + here].copy_from_slice(&bytes[..here]);
        self.length += here;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) fn is_complete(&self) -> bool {
        self.length == LENGTH
    }

    pub(super) fn is_http2(&self) -> bool {
        self.heard().starts_with(HTTP2)
    }

    /// Whether it is the beginning of a request over HTTP/1.1: a method and a space (RFC 9112, section 3).
    #[cfg(feature = "tls")]
    pub(super) fn is_request(&self) -> bool {
        let method = self.heard().split(|byte| *byte == b' ').next().unwrap_or_default();
        !method.is_empty()
            && method.len() < self.length
            && method.iter().all(u8::is_ascii_uppercase)
            && self.words() == REQUEST
    }

    /// Whether more bytes can show that it is a protocol with a name.
    #[cfg(feature = "tls")]
    pub(super) fn may_be_known_later(&self) -> bool {
        let is_text = |byte: &u8| byte.is_ascii_graphic() || b" \r\n\0".contains(byte);
        !self.is_complete() && self.heard().iter().all(is_text)
    }

    fn heard(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// A description, for a client that has not sent a request.
    pub(super) fn words(&self) -> &'static str {
        match self.heard() {
            [] => "nothing",
            [0x16] | [0x16, 0x03, ..] => "TLS",
            bytes if bytes.starts_with(b"SSH-") => "SSH",
            bytes if bytes.starts_with(b"PROXY ") || bytes.starts_with(b"\r\n\r\n\0\r\nQUIT\n") => {
                "the PROXY protocol"
            }
            bytes if bytes.starts_with(HTTP2) => "HTTP/2 without a request",
            bytes if bytes.iter().all(|byte| byte.is_ascii_graphic() || b" \r\n".contains(byte)) => REQUEST,
            _ => "bytes that are not HTTP",
        }
    }

    /// The remedy for a protocol that is not HTTP.
    pub(super) fn remedy(&self) -> Option<&'static str> {
        match self.words() {
            "TLS" => Some(
                "this port speaks HTTP without TLS: connect with `ws://` or `http://`, or use `Server::tls`, or put a proxy that terminates TLS in front",
            ),
            "SSH" => Some("this port speaks HTTP: check the address and the port in the client"),
            "the PROXY protocol" => Some(
                "turn the PROXY protocol off in the proxy; `Limits::trusted_proxies` reads `X-Forwarded-For` instead",
            ),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_told_apart_however_they_come() {
        for (bytes, words) in [
            (&b""[..], "nothing"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\x00\x00\x00", "TLS"),
            (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH"),
            (b"PROXY TCP4 203.0.113.9", "the PROXY protocol"),
            (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c", "the PROXY protocol"),
            (b"PRI * HTTP/2.0\r\n\r\nSM", "HTTP/2 without a request"),
            (b"GET /ws HTTP", "part of a request"),
            (b"\x00\xff", "bytes that are not HTTP"),
        ] {
            let mut beginning = Beginning::default();
            bytes.chunks(3).for_each(|part| beginning.hear(part));
            assert_eq!(beginning.words(), words, "{bytes:?}");
        }
    }

    #[cfg(feature = "tls")]
    #[test]
    fn a_request_begins_with_a_method_and_a_space() {
        for (bytes, is_request) in [
            (&b"GET / HTTP/1.1\r\n"[..], true),
            (b"UNSUBSCRIBE /ws HTTP/1.1", true),
            (b"G", false),
            (b"GET", false),
            (b" GET /", false),
            (b"get / HTTP/1.1\r\n", false),
            (b"hello, is anyone", false),
            (b"SSH-2.0-OpenSSH_9.6 x", false),
            (b"PROXY TCP4 203.0.113.9", false),
            (b"PRI * HTTP/2.0\r\n\r\nSM", false),
        ] {
            let mut beginning = Beginning::default();
            beginning.hear(bytes);
            assert_eq!(beginning.is_request(), is_request, "{bytes:?}");
        }
    }
}
