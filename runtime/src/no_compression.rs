//! Without the feature `compression` nothing is agreed on.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use crate::{Limits, endpoint::CompressionOption, frames::Fault};

pub(crate) fn agreed(_: &HeaderMap, _: &Limits) -> Option<(Agreed, HeaderValue)> {
    None
}

pub(crate) fn min_size(_: &Limits) -> Option<usize> {
    None
}

pub(crate) fn has_valid_level(_: &Limits) -> bool {
    true
}

/// There is nothing to turn off.
pub(crate) fn chosen(_: Option<CompressionOption>, server: Limits) -> Limits {
    server
}

/// There are none.
#[derive(Debug, Clone)]
pub(crate) struct Forms;

impl Forms {
    pub(crate) const fn none() -> Self {
        Self
    }

    pub(crate) fn shared() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "with the feature it has the forms")]
    pub(crate) fn deflate(&self, agreed: Agreed, _: &[u8]) -> Option<Bytes> {
        match agreed {}
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreed {}

impl Agreed {
    pub(crate) fn longest(self, _: usize) -> usize {
        match self {}
    }

    pub(crate) fn inflate(self, _: &[u8], _: usize) -> Result<Vec<u8>, Fault> {
        match self {}
    }
}
