//! A client of HTTP/2 that sends exactly the frames it is told to, and gives no window that it is not told to give.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{dial, within};

/// Types of frames (RFC 9113, section 6).
pub mod kind {
    #![allow(missing_docs, reason = "they have the names of the RFC")]
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// The flag of a request without a body.
pub const END_STREAM: u8 = 1;
/// The flag of headers that are whole.
pub const END_HEADERS: u8 = 4;

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its type, of [`kind`].
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// Its stream.
    pub stream: u32,
    /// The rest.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A frame.
    pub fn new(kind: u8, flags: u8, stream: u32, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind, flags, stream, payload: payload.into() }
    }

    /// The error code of a reset or a `GOAWAY`.
    ///
    /// # Panics
    /// When it is neither.
    pub fn code(&self) -> u32 {
        let at = match self.kind {
            kind::RST_STREAM => 0,
            kind::GOAWAY => 4,
            other => panic!("frames of type {other} have no code"),
        };
        u32::from_be_bytes(self.payload[at..at + 4].try_into().expect("four bytes"))
    }

    fn bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.payload.len()).expect("a short frame").to_be_bytes();
        let mut bytes = length[1..].to_vec();
        bytes.extend([self.kind, self.flags]);
        bytes.extend(self.stream.to_be_bytes());
        bytes.extend(&self.payload);
        bytes
    }
}

/// A request, as a whole header block in HPACK without tables.
///
/// # Panics
/// When a name or value is longer than 16 MB.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in fields {
        bytes.push(0);
        for text in [name, value] {
            length(&mut bytes, text.len());
            bytes.extend(text.as_bytes());
        }
    }
    bytes
}

/// An integer with a prefix of seven bits (RFC 7541, section 5.1).
fn length(bytes: &mut Vec<u8>, number: usize) {
    let Some(mut rest) = number.checked_sub(127) else {
        bytes.push(u8::try_from(number).expect("below 127"));
        return;
    };
    bytes.push(127);
    while rest >= 128 {
        bytes.push(u8::try_from(rest % 128 + 128).expect("a byte"));
        rest /= 128;
    }
    bytes.push(u8::try_from(rest).expect("below 128"));
}

/// The fields of a request.
pub fn request<'a>(method: &'a str, path: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![(":method", method), (":scheme", "http"), (":authority", "localhost"), (":path", path)]
}

/// A connection.
#[derive(Debug)]
pub struct Http2 {
    /// The transport.
    pub stream: TcpStream,
}

impl Http2 {
    /// Connects and says how much it takes of each stream.
    ///
    /// # Panics
    /// When the server does not listen.
    pub async fn connect(addr: SocketAddr, window: u32) -> Self {
        let mut connection = Self { stream: dial(addr).await };
        connection.stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect("sent");
        let mut settings = vec![0, 4];
        settings.extend(window.to_be_bytes());
        connection.send(&Frame::new(kind::SETTINGS, 0, 0, settings)).await;
        connection
    }

    /// Sends a frame.
    ///
    /// # Panics
    /// When the connection is over.
    pub async fn send(&mut self, frame: &Frame) {
        self.try_send(frame).await.expect("sent");
    }

    /// Sends a frame, if the connection is not over.
    ///
    /// # Errors
    /// When it is.
    pub async fn try_send(&mut self, frame: &Frame) -> std::io::Result<()> {
        self.stream.write_all(&frame.bytes()).await
    }

    /// Sends frames in one write, if the connection is not over.
    ///
    /// # Errors
    /// When it is.
    pub async fn try_send_all(&mut self, frames: &[Frame]) -> std::io::Result<()> {
        let bytes: Vec<u8> = frames.iter().flat_map(Frame::bytes).collect();
        self.stream.write_all(&bytes).await
    }

    /// Asks for a path.
    pub async fn get(&mut self, stream: u32, path: &str) {
        let block = block(&request("GET", path));
        self.send(&Frame::new(kind::HEADERS, END_STREAM | END_HEADERS, stream, block)).await;
    }

    /// Lets the server send some bytes more of a stream.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn open(&mut self, stream: u32, bytes: u32) -> std::io::Result<()> {
        self.try_send(&Frame::new(kind::WINDOW_UPDATE, 0, stream, bytes.to_be_bytes())).await
    }

    /// The next frame; `None` at the end of the connection.
    pub async fn frame(&mut self) -> Option<Frame> {
        within(self.read()).await.ok()
    }

    async fn read(&mut self) -> std::io::Result<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, s0, s1, s2, s3] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload).await?;
        Ok(Frame { kind, flags, stream: u32::from_be_bytes([s0, s1, s2, s3]), payload })
    }

    /// The next frame of this type.
    ///
    /// # Panics
    /// When the connection ends before it comes.
    pub async fn until(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.frame().await.expect("not the end yet");
            if frame.kind == kind {
                return frame;
            }
        }
    }

    /// Every frame up to the end of the connection.
    pub async fn rest(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.frame().await {
            frames.push(frame);
        }
        frames
    }
}
