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
#[derive(Debug)]
pub(super) enum Console {}

impl Console {
    pub(super) fn path(&self) -> &str {
        match *self {}
    }

    pub(super) fn is_remote(&self) -> bool {
        match *self {}
    }
}

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
) -> (Router, Option<Console>, Option<Problem>) {
    (router, None, None)
}
