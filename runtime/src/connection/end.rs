//! The ways in which a connection ends. Each has one close code and one log event.

use sockeye_rules::{self as rules, Rule};

use super::engine::Violation;
use crate::{CloseCode, Error, close::CloseFrame, error::Kind};

/// The first cause of a connection's end; what comes after it does not change it.
#[derive(Debug)]
pub(crate) enum End {
    /// The peer sent a close frame.
    PeerClosed(Option<CloseFrame>),
    /// The transport ended or broke.
    Lost(String),
    /// The peer did what it must not.
    Violation(Violation),
    /// The handler called `Socket::close`.
    HandlerClosed(CloseCode, String),
    /// The handler returned `Ok`.
    Returned,
    /// The handler dropped its socket and went on.
    LetGo,
    /// The handler returned an error of its own.
    Failed(Error),
    /// The handler panicked, or a task of it; in words.
    Panicked(String),
    /// The server is stopping.
    Stopping,
    /// The peer did not answer a ping.
    HeartbeatMissed(String),
    /// The peer does not take what is sent.
    Stalled(String),
    /// The task that owns the connection was dropped, with its runtime.
    Dropped,
}

/// How loud the end is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// Nobody's fault.
    Nobody,
    /// The peer's fault, by this rule.
    Peer(&'static Rule),
    /// The handler's fault, by this rule.
    Handler(&'static Rule),
}

impl End {
    /// What a handler's result says about the end, when nothing else has ended the connection before.
    pub(super) fn of_result(result: Result<(), Error>) -> Self {
        result.map_or_else(Self::Failed, |()| Self::Returned)
    }

    /// The close frame to send; `None` when the peer's was answered or nobody is there to read one.
    pub(super) fn close(&self) -> Option<(CloseCode, &str)> {
        Some(match self {
            Self::PeerClosed(_) | Self::Lost(_) | Self::Dropped => return None,
            Self::Violation(violation) => (violation.code, &violation.reason),
            Self::HandlerClosed(code, reason) => (*code, reason),
            Self::Returned | Self::LetGo => (CloseCode::NORMAL, ""),
            Self::Failed(error) => close_of(error),
            Self::Panicked(_) => (CloseCode::INTERNAL_ERROR, "internal error"),
            Self::Stopping => (CloseCode::GOING_AWAY, "the server is stopping"),
            Self::HeartbeatMissed(_) => (CloseCode::INTERNAL_ERROR, "no answer to a ping"),
            Self::Stalled(_) => (CloseCode::TRY_AGAIN_LATER, "messages are not being read"),
        })
    }

    /// What `recv` gives once everything that came before the end is taken.
    pub(super) fn received(&self) -> Result<(), Error> {
        match self {
            Self::Violation(Violation { rule, code, reason }) => {
                Err(Error::of(Kind::Peer { rule, code: *code, reason: reason.clone() }))
            }
            Self::Lost(_) | Self::HeartbeatMissed(_) | Self::Stalled(_) | Self::Dropped => {
                Err(Error::disconnected(None))
            }
            _ => Ok(()),
        }
    }

    /// The peer's close frame, if that is how it ended.
    pub(super) fn frame(&self) -> Option<&CloseFrame> {
        if let Self::PeerClosed(frame) = self { frame.as_ref() } else { None }
    }

    pub(super) fn blame(&self) -> Blame {
        match self {
            Self::PeerClosed(_)
            | Self::Lost(_)
            | Self::HandlerClosed(..)
            | Self::Returned
            | Self::LetGo
            | Self::Stopping
            | Self::Dropped => Blame::Nobody,
            Self::Violation(violation) => Blame::Peer(violation.rule),
            Self::HeartbeatMissed(_) => Blame::Peer(&rules::HEARTBEAT_MISSED),
            Self::Stalled(_) => Blame::Peer(&rules::SLOW_CONSUMER),
            Self::Panicked(_) => Blame::Handler(&rules::HANDLER_PANIC),
            Self::Failed(error) => match error.kind() {
                Kind::Peer { rule, .. } => Blame::Peer(rule),
                Kind::Close { .. } => Blame::Nobody,
                _ => Blame::Handler(&rules::HANDLER_ERROR),
            },
        }
    }

    /// What happened, in words, for the log.
    pub(super) fn words(&self) -> String {
        match self {
            Self::PeerClosed(None) => "the peer closed, with no code".to_owned(),
            Self::PeerClosed(Some(frame)) if frame.reason.is_empty() => {
                format!("the peer closed with {}", frame.code)
            }
            Self::PeerClosed(Some(frame)) => {
                format!("the peer closed with {}: {:?}", frame.code, frame.reason)
            }
            Self::Lost(why) | Self::HeartbeatMissed(why) | Self::Stalled(why) | Self::Panicked(why) => {
                why.clone()
            }
            Self::Violation(violation) => violation.reason.clone(),
            Self::HandlerClosed(_, reason) if reason.is_empty() => "the handler closed".to_owned(),
            Self::HandlerClosed(_, reason) => format!("the handler closed: {reason}"),
            Self::Returned => "the handler returned".to_owned(),
            Self::LetGo => "the handler dropped its socket".to_owned(),
            // This connection was alive: what is over is another one, which the handler also uses.
            Self::Failed(error) if error.is_disconnect() => format!("another connection failed: {error}"),
            Self::Failed(error) => error.chain(),
            Self::Stopping => "the server is stopping".to_owned(),
            Self::Dropped => "the connection was dropped together with its runtime".to_owned(),
        }
    }
}

/// The close frame for a handler's error. The words of an unforeseen error stay on the server.
fn close_of(error: &Error) -> (CloseCode, &str) {
    match error.kind() {
        Kind::Close { code, reason } | Kind::Peer { code, reason, .. } => (*code, reason),
        _ => (CloseCode::INTERNAL_ERROR, "internal error"),
    }
}
