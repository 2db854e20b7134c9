use std::{error::Error as StdError, fmt, time::Duration};

use super::Refusal;
use crate::{CloseFrame, Message};

/// A failed wait: what the test waited for, and what happened instead.
///
/// `Debug`, which is what `unwrap` prints, reads the same as `Display`:
/// ``on `/ws/echo`: waited for a text message, but the server closed with 1011: internal error``.
pub struct TestError(Box<Inner>);

struct Inner {
    path: String,
    waited: &'static str,
    came: Came,
}

/// What happened instead.
#[derive(Debug)]
pub(super) enum Came {
    Nothing(Duration),
    Message(Message),
    Undecodable(Message, String),
    Closed(CloseFrame),
    Ended(String),
    Refused(Box<Refusal>),
    Accepted,
    /// The test itself requests something impossible.
    Fault(String),
}

impl TestError {
    pub(super) fn new(path: &str, waited: &'static str, came: Came) -> Self {
        Self(Box::new(Inner { path: path.to_owned(), waited, came }))
    }

    /// The server's response, if it refused the handshake.
    pub fn refusal(&self) -> Option<&Refusal> {
        if let Came::Refused(refusal) = &self.0.came { Some(refusal) } else { None }
    }

    /// The close frame of the server, if the test received one instead.
    pub fn close_frame(&self) -> Option<&CloseFrame> {
        if let Came::Closed(frame) = &self.0.came { Some(frame) } else { None }
    }

    /// The message that the test received instead.
    pub fn message(&self) -> Option<&Message> {
        if let Came::Message(message) | Came::Undecodable(message, _) = &self.0.came {
            Some(message)
        } else {
            None
        }
    }

    /// Whether nothing happened within the patience of the client.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.came, Came::Nothing(_))
    }
}

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing(patience) => write!(f, "nothing happened within {patience:?}"),
            Self::Message(message) => write!(f, "{} arrived", Shown(message)),
            Self::Undecodable(message, why) => write!(f, "{} arrived: {why}", Shown(message)),
            Self::Closed(CloseFrame { code, reason }) if reason.is_empty() => {
                write!(f, "the server closed with {code}")
            }
            Self::Closed(CloseFrame { code, reason }) => write!(f, "the server closed with {code}: {reason}"),
            Self::Ended(why) | Self::Fault(why) => f.write_str(why),
            Self::Refused(refusal) => write!(f, "the handshake was refused with {refusal}"),
            Self::Accepted => f.write_str("the handshake was accepted"),
        }
    }
}

/// A message in an error: its kind and its beginning.
struct Shown<'a>(&'a Message);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 200;
        match self.0 {
            Message::Text(text) if text.len() > LONGEST => {
                let start = &text[..text.floor_char_boundary(LONGEST)];
                write!(f, "a text message of {} bytes, {start:?}..,", text.len())
            }
            Message::Text(text) => write!(f, "the text message {:?}", &**text),
            Message::Binary(bytes) => write!(f, "a binary message of {} bytes", bytes.len()),
        }
    }
}

impl fmt::Display for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { path, waited, came } = &*self.0;
        write!(f, "on `{path}`: waited for {waited}, but {came}")
    }
}

impl fmt::Debug for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl StdError for TestError {}
