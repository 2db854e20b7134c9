//! The ways in which a connection ends. Each has one close code and one log event.

use sockeye_rules::{self as rules, Rule};

use super::{engine::Violation, owner::Outcome};
use crate::{
    CloseCode, Error,
    close::CloseFrame,
    error::{EndedBy, Kind},
    log::Words,
};

/// The first cause of a connection's end. Later events do not change it.
#[derive(Debug)]
pub(crate) enum End {
    /// The peer sent a close frame.
    PeerClosed(Option<CloseFrame>),
    /// The transport ended or failed.
    Lost(String),
    /// The peer violated the protocol or a limit.
    Violation(Violation),
    /// The handler called `Socket::close`.
    HandlerClosed(CloseCode, String),
    /// The program closed it, through `Connections`.
    ProgramClosed(CloseCode, String),
    /// The session has ended, as the handler has set it.
    Expired,
    /// The handler returned `Ok`.
    Returned,
    /// The handler dropped its socket and continued.
    LetGo,
    /// The handler returned an error of its own.
    Failed(Failure),
    /// The handler, or one of its tasks, panicked, with this message.
    Panicked(Words),
    /// The server is stopping.
    Stopping,
    /// The server has stopped before it could send a close frame.
    Cut,
    /// The peer did not answer a ping.
    HeartbeatMissed(String),
    /// The peer does not read what is sent.
    Stalled(String),
    /// No message has arrived within the time that the program set.
    Idle(String),
    /// The task that owns the connection was dropped, with its runtime.
    Dropped,
}

/// What remains of a handler's error. The error itself is not kept: it may hold a handle of the same connection.
#[derive(Debug)]
pub(crate) struct Failure {
    code: CloseCode,
    reason: String,
    /// The rule that was broken, if one was.
    rule: Option<&'static Rule>,
    words: Words,
}

const EXPIRED: &str = "the session has expired";

impl End {
    /// What a handler's outcome means for the end, if nothing else has ended the connection before.
    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Returned(Ok(())) => Self::Returned,
            Outcome::Returned(Err(error)) => Self::failed(error),
            Outcome::Panicked(message) => {
                Self::Panicked(Words::own("the handler panicked: ").then_foreign(message))
            }
        }
    }

    /// The end by an error of the handler.
    pub(super) fn failed(error: &Error) -> Self {
        Self::Failed(Failure::of(error))
    }

    /// Whether this error has ended the connection already, before the handler returned it.
    pub(super) fn is_by(&self, error: &Error) -> bool {
        matches!(self, Self::Failed(failure) if failure.words == Failure::of(error).words)
    }

    /// Whether queued data is still written to the peer, as long as the peer reads.
    pub(super) fn is_patient(&self) -> bool {
        !matches!(self, Self::Violation(_) | Self::HeartbeatMissed(_) | Self::Stalled(_))
    }

    /// The close frame to send. `None` if the peer's was answered, or if there is no peer to read one.
    pub(super) fn close(&self) -> Option<(CloseCode, &str)> {
        Some(match self {
            Self::PeerClosed(_) | Self::Lost(_) | Self::Cut | Self::Dropped => return None,
            Self::Violation(violation) => (violation.code, &violation.reason),
            Self::HandlerClosed(code, reason) | Self::ProgramClosed(code, reason) => (*code, reason),
            Self::Expired => (CloseCode::UNAUTHORIZED, EXPIRED),
            Self::Returned | Self::LetGo => (CloseCode::NORMAL, ""),
            Self::Failed(failure) => (failure.code, &failure.reason),
            Self::Panicked(_) => (CloseCode::INTERNAL_ERROR, "internal error"),
            Self::Stopping => (CloseCode::GOING_AWAY, "the server is stopping"),
            Self::HeartbeatMissed(_) => (CloseCode::INTERNAL_ERROR, "no answer to a ping"),
            Self::Idle(_) => (CloseCode::GOING_AWAY, "no message arrived in time"),
            Self::Stalled(_) => (CloseCode::TRY_AGAIN_LATER, "messages are not being read"),
        })
    }

    /// What `recv` returns once all messages before the end are taken.
    pub(super) fn received(&self) -> Result<(), Error> {
        match self {
            Self::Violation(Violation { rule, code, reason }) => {
                Err(Error::of(Kind::Peer { rule, code: *code, reason: reason.clone() }))
            }
            Self::Lost(_) | Self::HeartbeatMissed(_) | Self::Stalled(_) | Self::Cut | Self::Dropped => {
                Err(self.gone())
            }
            _ => Ok(()),
        }
    }

    /// The error that says that the connection is over.
    pub(super) fn gone(&self) -> Error {
        Error::disconnected(match self {
            Self::PeerClosed(frame) => EndedBy::Peer(frame.as_ref().map(|frame| frame.code)),
            Self::Lost(_) => EndedBy::Failure,
            by_server => EndedBy::Server(by_server.close().map(|(code, reason)| (code, reason.to_owned()))),
        })
    }

    /// The peer's close frame, if that ended the connection.
    pub(super) fn frame(&self) -> Option<&CloseFrame> {
        if let Self::PeerClosed(frame) = self { frame.as_ref() } else { None }
    }

    /// The rule that was broken, if one was.
    pub(super) fn rule(&self) -> Option<&'static Rule> {
        match self {
            Self::PeerClosed(_)
            | Self::Lost(_)
            | Self::HandlerClosed(..)
            | Self::ProgramClosed(..)
            | Self::Returned
            | Self::LetGo
            | Self::Stopping
            | Self::Cut
            | Self::Dropped => None,
            Self::Violation(violation) => Some(violation.rule),
            Self::HeartbeatMissed(_) => Some(&rules::HEARTBEAT_MISSED),
            Self::Stalled(_) => Some(&rules::SLOW_CONSUMER),
            Self::Idle(_) => Some(&rules::IDLE_TIMEOUT),
            Self::Expired => Some(&rules::SESSION_EXPIRED),
            Self::Panicked(_) => Some(&rules::HANDLER_PANIC),
            Self::Failed(failure) => failure.rule,
        }
    }

    /// What happened, as text for the log.
    pub(super) fn words(&self) -> Words {
        match self {
            Self::PeerClosed(None) => "the peer closed the connection without a code".into(),
            Self::PeerClosed(Some(frame)) => {
                let words = Words::own(format!("the peer closed the connection with {}", frame.code));
                if frame.reason.is_empty() {
                    return words;
                }
                words.then(": ").then_foreign(format!("{:?}", frame.reason))
            }
            Self::Lost(why) | Self::HeartbeatMissed(why) | Self::Stalled(why) | Self::Idle(why) => {
                Words::own(why.clone())
            }
            Self::Panicked(why) => why.clone(),
            Self::Violation(violation) => Words::own(violation.reason.clone()),
            Self::HandlerClosed(_, reason) if reason.is_empty() => "the handler closed the connection".into(),
            Self::HandlerClosed(_, reason) => {
                Words::own("the handler closed the connection: ").then_foreign(reason)
            }
            Self::ProgramClosed(_, reason) if reason.is_empty() => "the program closed the connection".into(),
            Self::ProgramClosed(_, reason) => {
                Words::own("the program closed the connection: ").then_foreign(reason)
            }
            Self::Expired => EXPIRED.into(),
            Self::Returned => "the handler returned".into(),
            Self::LetGo => "the handler dropped its socket".into(),
            Self::Failed(failure) => failure.words.clone(),
            Self::Stopping => "the server is stopping".into(),
            Self::Cut => "the server has stopped".into(),
            Self::Dropped => "the connection was dropped together with its runtime".into(),
        }
    }
}

impl Failure {
    fn of(error: &Error) -> Self {
        let (code, reason) = close_of(error);
        let rule = match error.kind() {
            Kind::Peer { rule, .. } => Some(*rule),
            Kind::Close { .. } => None,
            _ => Some(&rules::HANDLER_ERROR),
        };
        let words = if error.is_disconnect() {
            // This connection was alive: the one that ended is another connection that the handler also uses.
            Words::own("another connection failed: ").then_foreign(error.to_string())
        } else {
            Words::default().then_error(error)
        };
        Self { code, reason: reason.to_owned(), rule, words }
    }
}

/// The close frame for a handler's error. The text of an unexpected error stays on the server.
fn close_of(error: &Error) -> (CloseCode, &str) {
    match error.kind() {
        Kind::Close { code, reason } | Kind::Peer { code, reason, .. } => (*code, reason),
        _ => (CloseCode::INTERNAL_ERROR, "internal error"),
    }
}
