use std::fmt;

use serde::de;

use super::PathProblem;

/// Why a type could not be made.
#[derive(Debug)]
pub(super) enum Failure {
    /// A value did not parse, or something that cannot be told from that. Says nothing about the shape.
    Value,
    /// `Deserialize` asked for a field that was not there.
    Missing(&'static str),
    /// `Deserialize` refused a field that was there.
    Unknown(String),
    /// The type does not fit, whatever the values.
    Shape(PathProblem),
}

impl Failure {
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Shape(PathProblem::Unsupported(what.into()))
    }
}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Value
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown(field.to_owned())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Failure {}
