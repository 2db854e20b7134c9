//! Without the feature `console`: the same functions, without an effect.
#![allow(clippy::unused_self, reason = "the other side of the feature needs it")]

use super::{Ending, Failure};

#[derive(Debug, Clone, Default)]
pub(crate) struct Tap(());

impl Tap {
    pub(crate) const fn is_on(&self) -> bool {
        false
    }

    pub(crate) fn accepted(&self, _route: &'static str) {}

    pub(crate) fn refused(&self, _failure: &Failure<'_>) {}

    pub(crate) fn closed(&self, _ending: &Ending<'_>) {}

    pub(crate) fn tally(&self, _route: &'static str) -> Tally {
        Tally(())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Tally(());

impl Tally {
    pub(crate) fn received(&self, _bytes: usize) {}

    pub(crate) fn sent(&self, _bytes: usize) {}
}
