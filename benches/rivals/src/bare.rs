//! What no server can be below: a loop over `epoll` that echoes frames and checks nothing. It answers each handshake with the accept
//! value of the one key that the benchmark's client sends.

use std::{
    collections::HashMap,
    io::{self, ErrorKind, Read as _, Write as _},
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

const LISTENER: Token = Token(0);

const ACCEPTED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct Connection {
    stream: TcpStream,
    is_open: bool,
    read: Vec<u8>,
    written: Vec<u8>,
}

pub(crate) fn run() -> io::Result<()> {
    let address = "127.0.0.1:0".parse().map_err(io::Error::other)?;
    let (mut poll, mut listener) = (Poll::new()?, TcpListener::bind(address)?);
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    crate::say(listener.local_addr()?);
    let (mut events, mut next) = (Events::with_capacity(1024), 1);
    let mut connections: HashMap<Token, Connection> = HashMap::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    stream.set_nodelay(true)?;
                    let token = Token(next);
                    next += 1;
                    poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
                    let connection =
                        Connection { stream, is_open: false, read: Vec::new(), written: Vec::new() };
                    connections.insert(token, connection);
                }
            } else if let Some(connection) = connections.get_mut(&event.token())
                && !serve(connection, &mut buffer)
            {
                connections.remove(&event.token());
            }
        }
    }
}

/// Reads, echoes and writes as far as that goes; whether the connection is still there.
fn serve(connection: &mut Connection, buffer: &mut [u8]) -> bool {
    loop {
        match connection.stream.read(buffer) {
            Ok(0) => return false,
            Ok(count) => {
                connection.read.extend_from_slice(&buffer[..count]);
                answer(connection);
                if count < buffer.len() {
                    break;
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(_) => return false,
        }
    }
    while !connection.written.is_empty() {
        match connection.stream.write(&connection.written) {
            Ok(count) if count == connection.written.len() => connection.written.clear(),
            Ok(count) => _ = connection.written.drain(..count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(_) => return false,
        }
    }
    true
}

fn answer(connection: &mut Connection) {
    if !connection.is_open {
        if !connection.read.ends_with(b"\r\n\r\n") {
            return;
        }
        connection.is_open = true;
        connection.read.clear();
        connection.written.extend_from_slice(ACCEPTED);
        return;
    }
    let mut at = 0;
    while let Some(taken) = echo(&connection.read[at..], &mut connection.written) {
        at += taken;
    }
    connection.read.drain(..at);
}

/// Appends the answer to the first frame, and gives that frame's length; `None` if it is not whole.
fn echo(frame: &[u8], written: &mut Vec<u8>) -> Option<usize> {
    let short = usize::from(frame.get(1)? & 0x7f);
    let (length, header) = match short {
        126 => (usize::from(u16::from_be_bytes(frame.get(2..4)?.try_into().ok()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(frame.get(2..10)?.try_into().ok()?)).ok()?, 10),
        _ => (short, 2),
    };
    let payload = frame.get(header + 4..header + 4 + length)?;
    let key: [u8; 4] = frame[header..header + 4].try_into().ok()?;
    written.extend_from_slice(&[frame[0], frame[1] & 0x7f]);
    written.extend_from_slice(&frame[2..header]);
    let from = written.len();
    written.extend_from_slice(payload);
    for (bytes, key) in written[from..].chunks_mut(4).zip(std::iter::repeat(key)) {
        bytes.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
    }
    Some(header + 4 + length)
}
