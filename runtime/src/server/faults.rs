//! HTTP failures before, or without, an endpoint: all are counted, the first with each cause is logged, and the rest is summed up
//! once a second.

use std::{io, net::SocketAddr, sync::Arc};

use sockeye_rules::{ACCEPT_FAILED, Rule, SLOW_CLIENT};
use tracing::Level;

use crate::{
    console::Failure,
    log::{self, Flood, Key, Kind},
    metrics,
};

/// The faults of one server. Each rule has its own lines, so that a flood of one does not hide another.
#[derive(Debug, Clone)]
pub(super) struct Faults(Arc<Flood>);

/// One fault, for the operator of the server.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) rule: &'static Rule,
    pub(super) reason: String,
    pub(super) remedy: &'static str,
}

impl Faults {
    pub(super) fn new(flood: &Arc<Flood>) -> Self {
        Self(Arc::clone(flood))
    }

    pub(super) fn say(&self, fault: &Fault, peer: Option<SocketAddr>) {
        let Fault { rule, reason, remedy } = fault;
        let (route, status, client) = (None, None, None);
        self.0.tap().refused(&Failure { route, rule: rule.name, status, reason, remedy, peer, client });
        log::HttpFault { rule: rule.name, reason, remedy, peer }.note(&self.0);
    }

    /// A client without a request is disconnected: port scanners cause this all day, and it is not a fault.
    pub(super) fn asked_nothing(&self, peer: Option<SocketAddr>, seen: &'static str) {
        if self.0.admits_cause(Key::of_all(Kind::AskedNothing, None), Some(seen), Level::DEBUG) {
            log::asked_nothing(peer, seen);
        }
    }

    /// The operating system does not return a connection.
    pub(super) fn not_accepted(&self, error: &io::Error) {
        let (rule, reason) = (ACCEPT_FAILED.name, error.to_string());
        metrics::http_fault(rule);
        if self.0.admits_cause(Key::of_all(Kind::NotAccepted, Some(rule)), Some(&reason), Level::ERROR) {
            log::NotAccepted { rule, reason: &reason, remedy: DESCRIPTORS }.emit();
        }
    }
}

const DESCRIPTORS: &str = "raise the file descriptor limit of the process (`ulimit -n`, `LimitNOFILE=` in systemd), or lower \
    `Limits::max_connections` and `Limits::max_http_connections`";

const PATIENCE: &str =
    "raise `Limits::send_timeout` if your clients can be that slow; otherwise check this client";

impl Fault {
    pub(super) fn slow(reason: String) -> Self {
        Self { rule: &SLOW_CLIENT, reason, remedy: PATIENCE }
    }
}
