//! What goes wrong with HTTP before, or without, an endpoint: counted each time, and said once a second.

use std::{io, net::SocketAddr, sync::Arc};

use sockeye_rules::{ACCEPT_FAILED, HEAD_TOO_LARGE, MALFORMED_REQUEST, Rule, SLOW_CLIENT};

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
    malformed: Spacing,
    head: Spacing,
    silent: Spacing,
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
        if let Some(unsaid) = self.spacing(fault.rule).turn() {
            let Fault { rule, reason, remedy } = fault;
            log::HttpFault { rule: rule.name, reason, remedy, peer, unsaid }.emit();
        }
    }

    fn spacing(&self, rule: &Rule) -> &Spacing {
        if *rule == MALFORMED_REQUEST {
            &self.0.malformed
        } else if *rule == HEAD_TOO_LARGE {
            &self.0.head
        } else {
            &self.0.slow
        }
    }

    /// A client is disconnected that has not asked for anything: scanners of ports do that all day, and it is no fault of anybody's.
    pub(super) fn asked_nothing(&self, peer: SocketAddr, seen: &'static str) {
        if let Some(unsaid) = self.0.silent.turn() {
            log::asked_nothing(peer, seen, unsaid);
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
