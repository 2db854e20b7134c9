//! A server that is built without TLS.

use std::{future::Pending, net::SocketAddr, time::Duration};

use super::{faults::Faults, source::Transport};

/// No server has it.
#[derive(Clone)]
pub(super) enum Tls {}

impl Tls {
    pub(super) fn admit<S: Transport>(
        &self,
        _: S,
        _: Option<SocketAddr>,
        _: Duration,
        _: &Faults,
    ) -> Pending<Option<Box<dyn Transport>>> {
        match *self {}
    }
}
