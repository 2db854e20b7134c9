//! What `tungstenite` makes of a client's bytes: a second opinion on what an echo answers.

use std::io::{self, Cursor, Read, Write};

use tokio_tungstenite::tungstenite::{
    Error, Message, WebSocket,
    protocol::{Role, WebSocketConfig},
};

/// The messages of a stream, and its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Opcode and payload of each message.
    pub messages: Vec<(u8, Vec<u8>)>,
    /// The code of the close frame that ends it; `None` if the stream ended without a fault.
    pub code: Option<u16>,
}

/// Compares the answer of an echo with what `tungstenite` reads in the same bytes.
///
/// The differences that are meant: lengths that are not in their shortest form are refused (RFC 6455 section 5.2), the code 1014 is not,
/// the code of a close frame is judged before its reason, and the rest of a head before its length. A fault
/// within a frame is found before the rest of the frame has arrived.
///
/// # Errors
/// Says what differs.
pub fn compare(bytes: &[u8], limit: usize, answer: &[u8]) -> Result<(), String> {
    if is_meant_to_differ(bytes) {
        return Ok(());
    }
    let (ours, theirs) = (echoes(answer), second_opinion(bytes, limit));
    let is_same_end = match (ours.code, theirs.code) {
        // The end of the frame has not arrived, or its head has two faults.
        (_, None) | (Some(1002), Some(1009)) => true,
        (ours, theirs) => ours == theirs,
    };
    if is_same_end && ours.messages == theirs.messages {
        Ok(())
    } else {
        Err(format!("the server answers {ours:x?}, where tungstenite reads {theirs:x?}"))
    }
}

/// A stream that ends, and takes what is written.
struct Stream<'a>(Cursor<&'a [u8]>);

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn second_opinion(bytes: &[u8], limit: usize) -> Reading {
    let config = WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
    let mut socket = WebSocket::from_raw_socket(Stream(Cursor::new(bytes)), Role::Server, Some(config));
    let mut reading = Reading::default();
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => reading.messages.push((0x1, text.as_bytes().to_vec())),
            Ok(Message::Binary(payload)) => reading.messages.push((0x2, payload.to_vec())),
            Ok(Message::Close(frame)) => {
                // A close frame without a code is answered with one; that is not a fault.
                reading.code = Some(frame.map_or(NO_CODE, |frame| frame.code.into()));
                return reading;
            }
            Ok(_) => {}
            Err(error) => {
                reading.code = match error {
                    Error::Utf8(_) => Some(1007),
                    Error::Capacity(_) => Some(1009),
                    Error::Protocol(error) if error.to_string().contains("without closing handshake") => None,
                    Error::Protocol(_) => Some(1002),
                    _ => None,
                };
                return reading;
            }
        }
    }
}

/// Stands for a close frame without a code.
const NO_CODE: u16 = 1005;

/// The data frames of a server's answer, and the code of its close frame. The answer is legal.
fn echoes(mut answer: &[u8]) -> Reading {
    let mut reading = Reading::default();
    while let Some((opcode, payload, rest)) = frame(answer, 0) {
        match opcode {
            0x1 | 0x2 => reading.messages.push((opcode, payload.to_vec())),
            0x8 => {
                let code = payload.first_chunk().map_or(NO_CODE, |code| u16::from_be_bytes(*code));
                reading.code = Some(code);
            }
            _ => {}
        }
        answer = rest;
    }
    reading
}

/// Whether a length is not in its shortest form, or a close frame has the code 1014 or a reason that is not UTF-8, at least if nothing else
/// is wrong before it.
fn is_meant_to_differ(mut bytes: &[u8]) -> bool {
    loop {
        let least = match bytes.get(1).map(|second| second & 0x7f) {
            Some(126) => bytes.get(2..4).map(|length| *length < [0, 126][..]),
            Some(127) => bytes.get(2..10).map(|length| *length < [0, 0, 0, 0, 0, 1, 0, 0][..]),
            _ => Some(false),
        };
        if least == Some(true) {
            return true;
        }
        let key = 4;
        let Some((opcode, payload, rest)) = frame(bytes, key) else { return false };
        if opcode == 0x8 {
            let close: Vec<u8> =
                payload.iter().zip(bytes[2..6].iter().cycle()).map(|(byte, key)| byte ^ key).collect();
            return close.split_first_chunk().is_some_and(|(code, reason)| {
                u16::from_be_bytes(*code) == 1014 || str::from_utf8(reason).is_err()
            });
        }
        bytes = rest;
    }
}

/// The opcode and the payload of a frame whose head ends with so many bytes of a key, and what follows it.
fn frame(bytes: &[u8], key: usize) -> Option<(u8, &[u8], &[u8])> {
    let [first, second, rest @ ..] = bytes else { return None };
    let (length, rest) = match second & 0x7f {
        126 => {
            rest.split_first_chunk().map(|(length, rest)| (u64::from(u16::from_be_bytes(*length)), rest))?
        }
        127 => rest.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length), rest))?,
        short => (short.into(), rest),
    };
    let rest = rest.get(key..)?;
    let (payload, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((first & 0x0f, payload, rest))
}
