//! A server that is built without TLS.

use std::{future::Pending, net::SocketAddr, time::Duration};

use super::{
    faults::{Fault, Faults},
    source::Transport,
};

/// No connection has records.
pub(super) fn by_record(_: &(dyn std::error::Error + 'static)) -> Option<Fault> {
    None
}

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
