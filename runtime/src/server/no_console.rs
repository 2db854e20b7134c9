//! A server that is built without the console.

use axum::Router;

use crate::{
    console::Tap,
    mounted::Settings,
    server::Groups,
    shutdown::Lifecycle,
    startup::{Candidate, Problem},
};

/// No server has one.
pub(super) enum Console {}

pub(super) fn tap(_: Option<&Console>, _: &Groups) -> Tap {
    Tap::default()
}

pub(super) fn with_console(
    router: Router,
    _: Option<&Console>,
    _: &Groups,
    _: &[Candidate],
    _: &Settings,
    _: &Lifecycle,
) -> (Router, Option<String>, Option<Problem>) {
    (router, None, None)
}
