//! An [`Error`] inside the error of another crate.
//!
//! An error that wraps another (`anyhow`, `eyre`, a box) exposes of it what `std::error::Error` exposes: a text, and a
//! source. What an `Error` means for the connection, such as a status, is stored in the last source, the [`Mark`], and is
//! found there again below all wrappers.

use std::{error::Error as StdError, fmt, io, iter};

use super::{Error, Kind};
use crate::CallError;

/// An [`Error`] that was created from a text, as a `std::error::Error`.
#[derive(Debug)]
pub(super) struct Carried {
    error: Error,
    mark: Option<Mark>,
}

impl Carried {
    pub(super) fn into_error(self) -> Error {
        self.error
    }
}

impl From<Error> for Carried {
    fn from(error: Error) -> Self {
        Self { mark: error.kind().mark(), error }
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl StdError for Carried {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.mark.as_ref().map(|mark| mark as _)
    }
}

/// What an [`Error`] means for the connection.
#[derive(Debug)]
pub(super) struct Mark(Kind);

impl Mark {
    /// The mark of the innermost error, if it is one of ours.
    pub(super) fn of(error: &(dyn StdError + 'static)) -> Option<Kind> {
        let chain = iter::successors(Some(error), |error| (*error).source());
        let call = chain.clone().find_map(|error| error.downcast_ref::<CallError>()?.kind());
        if call.is_some() {
            return call;
        }
        let last = chain.last()?;
        last.downcast_ref::<Self>()?.0.copy()
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Status { status, .. } => write!(f, "status {status}"),
            Kind::Close { code, .. } | Kind::Peer { code, .. } => write!(f, "close code {code}"),
            Kind::Disconnected { .. } => f.write_str("the connection is closed"),
            Kind::Rejected | Kind::Failed { .. } | Kind::Extractor { .. } => {
                f.write_str("the handshake has been answered")
            }
        }
    }
}

impl StdError for Mark {}

impl Kind {
    fn mark(&self) -> Option<Mark> {
        self.copy().map(Mark)
    }

    /// `None` for any other error, and for an extractor's rejection, which a handler never gets.
    fn copy(&self) -> Option<Self> {
        Some(match self {
            Self::Failed { .. } | Self::Extractor { .. } => return None,
            Self::Status { status, reason } => Self::Status { status: *status, reason: reason.clone() },
            Self::Close { code, reason } => Self::Close { code: *code, reason: reason.clone() },
            Self::Rejected => Self::Rejected,
            Self::Disconnected { by } => Self::Disconnected { by: by.clone() },
            Self::Peer { rule, code, reason } => Self::Peer { rule, code: *code, reason: reason.clone() },
        })
    }
}

/// `?` converts it back, with its status or close code.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            Kind::Disconnected { .. } => io::ErrorKind::ConnectionReset,
            Kind::Peer { .. } => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        };
        match error.into_boxed().downcast::<Self>() {
            Ok(original) => *original,
            Err(error) => Self::new(kind, error),
        }
    }
}

#[cfg(feature = "anyhow")]
impl From<Error> for anyhow::Error {
    fn from(error: Error) -> Self {
        Self::from_boxed(error.into_boxed())
    }
}

#[cfg(feature = "eyre")]
impl From<Error> for eyre::Report {
    fn from(error: Error) -> Self {
        match error.0.source {
            None => Self::new(Carried::from(error)),
            Some(source) => Self::new(Boxed(source)),
        }
    }
}

/// `eyre` does not accept boxes.
#[cfg(feature = "eyre")]
#[derive(Debug)]
struct Boxed(Box<dyn StdError + Send + Sync>);

#[cfg(feature = "eyre")]
impl fmt::Display for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(feature = "eyre")]
impl StdError for Boxed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
