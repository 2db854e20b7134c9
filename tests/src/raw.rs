//! A client that sends exactly the bytes it is told to.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{dial, within};

/// The head of a well-formed handshake, without the empty line that ends it.
pub const HEAD: &str = "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// An answer to a request.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The status line and headers, lower case.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The value of a header, lower case; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(prefix.as_str())).unwrap_or_default()
    }
}

/// Sends a request and reads the answer.
///
/// # Panics
/// When the answer is none.
pub async fn ask(addr: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(addr).await.expect("connects");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let head = head(&mut stream).await;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let mut answer = Answer { status, head: head.to_lowercase(), body: String::new() };
    let mut body = vec![0; answer.header("content-length").parse().unwrap_or(0)];
    within(stream.read_exact(&mut body)).await.expect("a whole body");
    answer.body = String::from_utf8(body).expect("text");
    answer
}

pub(crate) async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within(stream.read_u8()).await.expect("a whole head"));
    }
    String::from_utf8(head).expect("text")
}

/// A connection after its handshake.
#[derive(Debug)]
pub struct RawSocket {
    /// The transport.
    pub stream: TcpStream,
}

impl RawSocket {
    /// Connects and sends some bytes in the same write as the handshake.
    ///
    /// # Panics
    /// When the answer is not 101.
    pub async fn open_with(addr: SocketAddr, path: &str, first: &[u8]) -> Self {
        let mut stream = dial(addr).await;
        let mut request = format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n").into_bytes();
        request.extend_from_slice(first);
        stream.write_all(&request).await.expect("sent");
        let head = head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        Self { stream }
    }

    /// Connects with these header lines, each with its end. The head of the answer is returned, lower case.
    ///
    /// # Panics
    /// When the answer is not 101.
    pub async fn offering(addr: SocketAddr, path: &str, headers: &str) -> (Self, String) {
        let mut stream = dial(addr).await;
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\n{HEAD}{headers}\r\n").as_bytes())
            .await
            .expect("sent");
        let head = head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        (Self { stream }, head.to_lowercase())
    }

    /// Connects.
    pub async fn open(addr: SocketAddr, path: &str) -> Self {
        Self::open_with(addr, path, &[]).await
    }

    /// Sends bytes.
    ///
    /// # Panics
    /// When the connection is over.
    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("sent");
    }

    /// The next frame: first byte and payload. `None` at the end of the stream.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let first = within(self.stream.read_u8()).await.ok()?;
        let short = within(self.stream.read_u8()).await.ok()?;
        let length = match short {
            126 => usize::from(within(self.stream.read_u16()).await.ok()?),
            127 => usize::try_from(within(self.stream.read_u64()).await.ok()?).ok()?,
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        within(self.stream.read_exact(&mut payload)).await.ok()?;
        Some((first, payload))
    }

    /// Every frame up to the end of the stream.
    pub async fn rest(&mut self) -> Vec<(u8, Vec<u8>)> {
        let mut frames = Vec::new();
        while let Some(frame) = self.frame().await {
            frames.push(frame);
        }
        frames
    }
}

/// A masked frame of up to 125 bytes.
///
/// # Panics
/// When there are more.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x12, 0x34, 0x56, 0x78];
    let length = u8::try_from(payload.len()).expect("a short payload");
    assert!(length <= 125, "a short payload");
    let masked = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    [first, 0x80 | length].into_iter().chain(mask).chain(masked).collect()
}

/// The code and reason in the payload of a close frame.
///
/// # Panics
/// When there are none.
pub fn close(payload: &[u8]) -> (u16, String) {
    let code = u16::from_be_bytes([payload[0], payload[1]]);
    (code, String::from_utf8(payload[2..].to_vec()).expect("text"))
}
