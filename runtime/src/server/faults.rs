//! What goes wrong with HTTP before, or without, an endpoint: counted each time, and said once a second.

use std::{io, net::SocketAddr, sync::Arc};

use sockeye_rules::{ACCEPT_FAILED, Rule, SLOW_CLIENT};

use super::spacing::Spacing;
use crate::{log, metrics};

/// The faults of one server.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(Arc<Lines>);

/// Each kind has lines of its own, so that a flood of one does not hide another.
#[derive(Debug, Default)]
struct Lines {
    slow: Spacing,
    accept: Spacing,
}

/// One fault, for whoever runs the server.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) rule: &'static Rule,
    pub(super) reason: String,
    pub(super) remedy: &'static str,
}

impl Faults {
    pub(super) fn say(&self, fault: &Fault, peer: SocketAddr) {
        metrics::http_fault(fault.rule.name);
        let spacing = &self.0.slow;
        if let Some(unsaid) = spacing.turn() {
            let Fault { rule, reason, remedy } = fault;
            log::HttpFault { rule: rule.name, reason, remedy, peer, unsaid }.emit();
        }
    }

    /// The operating system gives no connection.
    pub(super) fn not_accepted(&self, error: &io::Error) {
        let rule = ACCEPT_FAILED.name;
        metrics::http_fault(rule);
        if let Some(unsaid) = self.0.accept.turn() {
            log::NotAccepted { rule, reason: &error.to_string(), remedy: DESCRIPTORS, unsaid }.emit();
        }
    }
}

const DESCRIPTORS: &str = "raise the process's limit of file descriptors (`ulimit -n`, `LimitNOFILE=` of systemd), or lower \
    `Limits::max_connections` and `Limits::max_http_connections`";

const PATIENCE: &str =
    "raise `Limits::send_timeout` if clients of yours are that slow; otherwise look at what this one does";

impl Fault {
    pub(super) fn slow(reason: String) -> Self {
        Self { rule: &SLOW_CLIENT, reason, remedy: PATIENCE }
    }
}
