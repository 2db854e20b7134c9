//! The error that ends a handler.

mod carried;
mod trace;

use std::{error::Error as StdError, fmt, iter, sync::Mutex};

use axum::response::Response;
use http::StatusCode;
use sockeye_rules as rules;
use sockeye_rules::Rule;

pub(crate) use self::trace::Trace;

use self::carried::{Carried, Mark};
use crate::CloseCode;

/// The result type of a handler and of its fallible parts.
///
/// Where it is imported, also by `use sockeye::*`, the name `Result` means this type. For another error type, write
/// `std::result::Result<T, E>`.
pub type Result<T = ()> = std::result::Result<T, Error>;

/// Why a handler ended early.
///
/// Any `std::error::Error` converts into it with `?`, and so does everything that converts into a
/// `Box<dyn Error + Send + Sync>`: a `String`, a `&str`, an `anyhow::Error`, an `eyre::Report`. Returned before
/// `accept`, it refuses the handshake, by default with status 500; returned after `accept`, it closes the connection, by default with 1011. The
/// error and its causes are logged, and are not sent to the client. A peer that disconnects is an `Error` too, so that
/// `?` ends the handler; it is logged as a normal end, not as a failure.
///
/// With the environment variable `RUST_BACKTRACE=1` an unexpected error has a backtrace, from where it was created or converted by `?`, which is
/// logged right after it.
///
/// Like `anyhow::Error` it does not implement `std::error::Error` itself, because `?` could not convert every other
/// error otherwise. In functions that return `anyhow::Result`, `?` converts it with the feature `anyhow`; in those that
/// return `eyre::Result`, with the feature `eyre`; in those that return `std::io::Result`, always; in those that return a box, write
/// `.map_err(Error::into_boxed)?`.
/// Converted back, it keeps its meaning: a status stays a status, and a peer that disconnected is not a failure.
///
/// ```
/// use sockeye::{CloseCode, Error};
///
/// fn parse(text: &str) -> sockeye::Result<u32> {
///     Ok(text.parse()?)
/// }
/// assert!(parse("x").unwrap_err().to_string().contains("invalid digit"));
///
/// let full = Error::close(CloseCode::TRY_AGAIN_LATER, "the room is full");
/// assert_eq!(full.close_code(), Some(CloseCode::TRY_AGAIN_LATER));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Of an unexpected error.
    trace: Option<Trace>,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// Any other error: 500 before accept, 1011 after.
    Failed { reason: String },
    /// The status with which the handshake is refused.
    Status { status: StatusCode, reason: String },
    /// The code with which the connection is closed.
    Close { code: CloseCode, reason: String },
    /// `Handshake::reject` has answered already.
    Rejected,
    /// An extractor rejected the request with a response. A body is not `Sync`, but an error must be, to be borrowed
    /// across an `.await`; hence the lock.
    Extractor { index: usize, status: StatusCode, response: Box<Mutex<Response>> },
    /// The connection is over.
    Disconnected { by: EndedBy },
    /// The peer sent a message that the endpoint cannot accept, with the rule and the close code.
    Peer { rule: &'static Rule, code: CloseCode, reason: String },
}

/// What ended a connection.
#[derive(Debug, Clone)]
pub(crate) enum EndedBy {
    /// The peer, with a close frame that has a code, or none.
    Peer(Option<CloseCode>),
    Failure,
    /// This side, with the code and the reason that it sends.
    Server(Option<(CloseCode, String)>),
}

impl fmt::Display for EndedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(Some(code)) => write!(f, "the peer closed the connection ({code})"),
            Self::Peer(None) => f.write_str("the peer closed the connection without a code"),
            Self::Failure => f.write_str("the peer disconnected without a close frame"),
            Self::Server(None) => f.write_str("the server ended the connection"),
            Self::Server(Some((code, reason))) if reason.is_empty() => {
                write!(f, "the server closed the connection ({code})")
            }
            Self::Server(Some((code, reason))) => {
                write!(f, "the server closed the connection ({code}): {reason}")
            }
        }
    }
}

impl Error {
    /// An error with this text: status 500 before `accept`, close code 1011 after.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self::of(Kind::Failed { reason: reason.to_string() })
    }

    /// Refuses the handshake with this status if it is returned before `accept`; after `accept`, it closes with
    /// 1011.
    ///
    /// The reason is sent to the client.
    pub fn status(status: StatusCode, reason: impl fmt::Display) -> Self {
        Self::of(Kind::Status { status, reason: reason.to_string() })
    }

    /// Closes the connection with this code if it is returned after `accept`; before `accept`, it refuses the handshake
    /// with status 500.
    ///
    /// The reason is sent to the client, cut to 123 bytes, between words.
    pub fn close(code: CloseCode, reason: impl fmt::Display) -> Self {
        Self::of(Kind::Close { code, reason: reason.to_string() })
    }

    /// Converts a boxed error, such as the error type of another framework.
    pub fn from_boxed(source: Box<dyn StdError + Send + Sync>) -> Self {
        let source = match source.downcast::<Carried>() {
            Ok(carried) => return carried.into_error(),
            Err(source) => source,
        };
        let kind = Mark::of(&*source).unwrap_or_else(|| Kind::Failed { reason: source.to_string() });
        Self::made(kind, Some(source))
    }

    /// The error as a `std::error::Error`, for functions that return one: the original error, if this one was
    /// converted from one.
    ///
    /// `?` and [`from_boxed`](Self::from_boxed) convert it back.
    ///
    /// ```
    /// use std::error::Error as StdError;
    ///
    /// use sockeye::{Error, Socket};
    ///
    /// async fn first_line(socket: &mut Socket) -> Result<String, Box<dyn StdError + Send + Sync>> {
    ///     let message = socket.recv().await.map_err(Error::into_boxed)?.ok_or("the peer said nothing")?;
    ///     Ok(message.as_text().ok_or("binary")?.to_owned())
    /// }
    /// ```
    pub fn into_boxed(self) -> Box<dyn StdError + Send + Sync> {
        match self.0.source {
            // Any other information is in its chain.
            Some(source) => source,
            None => Box::new(Carried::from(self)),
        }
    }

    /// Whether the connection was already over: either side closed it, or it failed.
    pub fn is_disconnect(&self) -> bool {
        matches!(self.0.kind, Kind::Disconnected { .. })
    }

    /// The close code that is sent when the handler returns this error; `None` if the connection is already
    /// closed.
    pub fn close_code(&self) -> Option<CloseCode> {
        match &self.0.kind {
            Kind::Close { code, .. } | Kind::Peer { code, .. } => Some(*code),
            Kind::Disconnected { .. } => None,
            _ => Some(CloseCode::INTERNAL_ERROR),
        }
    }

    /// The error that this one was converted from, if it was.
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    pub(crate) fn of(kind: Kind) -> Self {
        Self::made(kind, None)
    }

    fn made(kind: Kind, source: Option<Box<dyn StdError + Send + Sync>>) -> Self {
        let trace = if matches!(kind, Kind::Failed { .. }) { Trace::capture() } else { None };
        Self(Box::new(Inner { kind, source, trace }))
    }

    pub(crate) fn trace(&self) -> Option<&Trace> {
        self.0.trace.as_ref()
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0.kind
    }

    pub(crate) fn into_kind(self) -> Kind {
        self.0.kind
    }

    pub(crate) fn extractor_refused(index: usize, response: Response) -> Self {
        let status = response.status();
        Self::of(Kind::Extractor { index, status, response: Box::new(Mutex::new(response)) })
    }

    pub(crate) fn disconnected(by: EndedBy) -> Self {
        Self::of(Kind::Disconnected { by })
    }

    /// A message that the endpoint's codec cannot read.
    pub(crate) fn invalid_message(reason: String) -> Self {
        Self::of(Kind::Peer { rule: &rules::INVALID_MESSAGE, code: CloseCode::INVALID_PAYLOAD, reason })
    }

    /// A text message where bytes are read; `read` says so.
    pub(crate) fn text_instead_of_bytes(read: impl fmt::Display) -> Self {
        let reason = format!("a text message, where {read}");
        Self::of(Kind::Peer { rule: &rules::INVALID_MESSAGE, code: CloseCode::UNSUPPORTED_DATA, reason })
    }

    /// The error and its causes on one line, for the log.
    pub(crate) fn chain(&self) -> String {
        let Some(source) = self.source() else { return self.to_string() };
        let all = iter::successors(Some(source as &dyn StdError), |error| (*error).source());
        let words: Vec<_> = all.filter(|error| !error.is::<Mark>()).map(ToString::to_string).collect();
        words.join("; caused by: ")
    }
}

/// Everything that `std` can box: every `std::error::Error`, strings, boxes, and the errors of `anyhow` and `eyre`.
///
/// A trait, so that rustc reports one error for each `?` on anything else, in these words; for `Box<dyn Error>` it would report three.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not convert into `sockeye::Error`",
    label = "`sockeye::Error` is made from a `std::error::Error + Send + Sync`, a box of one, or a text; a status is passed to `handshake.reject(status, \"why\")`",
    note = "help: convert it with `.map_err(|error| error.to_string())?`; to refuse the handshake with a status, write `return Err(handshake.reject(StatusCode::FORBIDDEN, \"why\"))`"
)]
pub trait IntoError {
    #[doc(hidden)]
    fn into_source(self) -> Box<dyn StdError + Send + Sync>;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn StdError + Send + Sync>>> IntoError for E {
    fn into_source(self) -> Box<dyn StdError + Send + Sync> {
        self.into()
    }
}

/// `Error` itself is not `IntoError`, so this does not overlap with `From<T> for T`.
impl<E: IntoError> From<E> for Error {
    fn from(source: E) -> Self {
        Self::from_boxed(source.into_source())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Failed { reason }
            | Kind::Status { reason, .. }
            | Kind::Close { reason, .. }
            | Kind::Peer { reason, .. } => f.write_str(reason),
            Kind::Rejected => f.write_str("the handshake was rejected"),
            Kind::Extractor { index, status, .. } => {
                write!(f, "parameter {} rejected the request with {status}", index + 2)
            }
            Kind::Disconnected { by } => by.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({})", self.chain())
    }
}
