use std::fmt;

use serde::de;

use super::PathProblem;

/// Why a type could not be deserialized.
#[derive(Debug)]
pub(super) enum Failure {
    /// A value did not parse, or an error that cannot be distinguished from that. It says nothing about the shape.
    Value,
    /// `Deserialize` asked for a field that does not exist.
    Missing(&'static str),
    /// `Deserialize` refused a field that exists.
    Unknown(String),
    /// The type does not fit, for any values.
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
