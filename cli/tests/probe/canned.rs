//! Servers that answer as they are told, right or wrong.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1_smol::Sha1;

/// A request as it came in.
pub(crate) struct Request(pub(crate) String);

impl Request {
    /// The value of a header; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let named = |line: &&str| line.split(':').next().is_some_and(|own| own.eq_ignore_ascii_case(name));
        let line = self.0.lines().find(named).unwrap_or_default();
        line.split_once(':').map_or("", |(_, value)| value.trim())
    }

    /// The 101 that RFC 6455 asks for, with more headers, each ended by a line break.
    pub(crate) fn accepted(&self, more: &str) -> String {
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n{more}\r\n",
            self.accept()
        )
    }

    /// What `Sec-WebSocket-Accept` must be.
    pub(crate) fn accept(&self) -> String {
        let key = self.header("sec-websocket-key");
        STANDARD.encode(Sha1::from(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")).digest().bytes())
    }
}

/// Runs a server that does this with each connection.
pub(crate) fn serve(act: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let act = act.clone();
            thread::spawn(move || act(stream));
        }
    });
    address
}

/// A server that answers each request with these bytes and says no more.
pub(crate) fn answering(answer: impl Fn(&Request) -> String + Send + Sync + Clone + 'static) -> SocketAddr {
    serve(move |mut stream| {
        let request = read_request(&mut stream);
        let _ = stream.write_all(answer(&request).as_bytes());
        finish(&stream);
    })
}

/// A server that accepts each handshake, and then does this.
pub(crate) fn accepting(then: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> SocketAddr {
    serve(move |mut stream| {
        let request = read_request(&mut stream);
        let _ = stream.write_all(request.accepted("").as_bytes());
        then(stream);
    })
}

/// Reads up to the empty line.
pub(crate) fn read_request(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        bytes.push(byte[0]);
    }
    Request(String::from_utf8_lossy(&bytes).into_owned())
}

/// Ends the answer, and waits until the other side has ended too: a socket that is closed with unread bytes resets.
pub(crate) fn finish(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    wait(stream);
}

/// Reads and drops what comes until the other side ends.
pub(crate) fn wait(mut stream: &TcpStream) {
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

/// An endpoint as it should be: answers pings and the close.
pub(crate) fn polite(mut stream: TcpStream) {
    while let Some((opcode, payload)) = read_frame(&mut stream) {
        let answer = match opcode {
            8 => frame(0x88, &payload),
            9 => frame(0x8a, &payload),
            _ => continue,
        };
        if stream.write_all(&answer).is_err() || opcode == 8 {
            break;
        }
    }
    finish(&stream);
}

/// A frame of a server, of up to 125 bytes.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short payload");
    [first, length].into_iter().chain(payload.iter().copied()).collect()
}

/// A close frame.
pub(crate) fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// The next frame of a client, of up to 125 bytes; `None` at the end.
pub(crate) fn read_frame(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 6];
    stream.read_exact(&mut head).ok()?;
    let mut payload = vec![0; usize::from(head[1] & 0x7f)];
    stream.read_exact(&mut payload).ok()?;
    let mask = head[2..].iter().cycle();
    let payload = payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    Some((head[0] & 0x0f, payload))
}
