//! A client's side of the opening handshake.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// After the path.
const HANDSHAKE: &str = "HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A connection to the echo, whose handshake was accepted.
///
/// # Errors
/// When it was not.
pub async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    open_at(address, "/echo").await
}

/// A connection to the endpoint with this path, whose handshake was accepted.
///
/// # Errors
/// When it was not.
pub async fn open_at(address: SocketAddr, path: &str) -> io::Result<TcpStream> {
    match ask_at(address, path).await? {
        Answer::Accepted(stream) => Ok(stream),
        Answer::Refused { .. } => Err(io::Error::other("not accepted")),
    }
}

/// The answer to a handshake.
#[derive(Debug)]
pub enum Answer {
    /// The connection is open.
    Accepted(TcpStream),
    /// It is not.
    Refused {
        /// The status line and the headers, in lower case.
        head: String,
    },
}

/// Sends a handshake to the echo and reads the head of the answer.
///
/// # Errors
/// When there is none.
pub async fn ask(address: SocketAddr) -> io::Result<Answer> {
    ask_at(address, "/echo").await
}

async fn ask_at(address: SocketAddr, path: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(format!("GET {path} {HANDSHAKE}").as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    if head.starts_with(b"HTTP/1.1 101 ") {
        return Ok(Answer::Accepted(stream));
    }
    Ok(Answer::Refused { head: String::from_utf8_lossy(&head).to_lowercase() })
}
