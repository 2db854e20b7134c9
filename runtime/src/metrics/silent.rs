//! Without the feature `metrics`: the same functions, without an effect.
#![allow(clippy::unused_self, reason = "the other side of the feature needs it")]

use std::time::Duration;

use super::Source;

pub(crate) fn describe() {}

pub(crate) fn describe_hubs() {}

pub(crate) fn accepted(_route: &'static str) {}

pub(crate) fn refused(_route: &'static str, _rule: &'static str) {}

pub(crate) fn explained(_route: &'static str, _rule: &'static str) {}

pub(crate) fn abandoned(_route: &'static str) {}

pub(crate) fn turned_away(_rule: &'static str) {}

pub(crate) fn http_fault(_rule: &'static str) {}

pub(crate) fn blocked_thread(_route: &'static str) {}

pub(crate) fn closed(
    _route: &'static str,
    _code: Option<u16>,
    _close_frame: bool,
    _rule: Option<&'static str>,
    _open_for: Duration,
) {
}

pub(crate) fn undecodable(_route: &'static str) {}

macro_rules! counted {
    ($($name:ident)*) => {
        $(
            #[derive(Debug)]
            pub(crate) struct $name;

            impl $name {
                pub(crate) fn new(_route: &'static str) -> Self {
                    Self
                }
            }

            /// So that it can be dropped where the other side of the feature counts.
            impl Drop for $name {
                fn drop(&mut self) {}
            }
        )*
    };
}

counted! { Open RunningHandler RunningTask Lingering }

#[derive(Debug)]
pub(crate) struct Traffic;

impl Traffic {
    pub(crate) fn new(_route: &'static str) -> Self {
        Self
    }

    pub(crate) fn received(&self, _bytes: usize) {}

    pub(crate) fn sent(&self, _bytes: usize) {}
}

#[derive(Debug)]
pub(crate) struct HubCounts;

impl HubCounts {
    pub(crate) fn new(_hub: &'static str) -> Self {
        Self
    }

    pub(crate) fn unheard(_hub: &'static str, _source: Source) {}

    pub(crate) fn unsent(_hub: &'static str, _events: u64) {}

    pub(crate) fn lost(_hub: &'static str, _events: u64) {}

    pub(crate) fn subscribed(&self) {}

    pub(crate) fn left(&self) {}

    pub(crate) fn disconnected(&self) {}

    pub(crate) fn published(&self, _source: Source) {}

    pub(crate) fn queued(&self, _depth: usize, _missed: usize) {}
}
