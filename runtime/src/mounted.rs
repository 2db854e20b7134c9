//! An endpoint as it is served: its registration, resolved types, and effective settings.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use http::request::Parts;

use crate::{
    Heartbeat, Limits, Origins,
    codec::Formats,
    endpoint::{Call, ParameterRequirement, Registered},
    hosts::Hosts,
    origin::Refused,
    server::is_local_page,
    shutdown::Lifecycle,
    state::States,
};

/// Everything that a request to one endpoint needs.
pub(crate) struct Mounted {
    pub(crate) registered: &'static Registered,
    pub(crate) requirements: Vec<ParameterRequirement>,
    pub(crate) call: Arc<Call>,
    /// How its messages are written.
    pub(crate) formats: Formats,
    pub(crate) states: Arc<States>,
    pub(crate) settings: Settings,
    pub(crate) lifecycle: Lifecycle,
    /// Whether an unanswered offer of subprotocols has been logged: once is enough.
    pub(crate) has_told_of_offer: AtomicBool,
}

impl Mounted {
    /// The route as clients see it.
    pub(crate) fn outer_route(&self) -> String {
        self.settings.outer_route(self.registered)
    }
}

/// The effective settings of one endpoint: its own options, then the server's.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) origins: Arc<Origins>,
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) limits: Limits,
    pub(crate) heartbeat: Heartbeat,
    /// Whether the server has the configuration of TLS. A router of it does not use that.
    pub(crate) tls: bool,
    /// Whether pages of this machine may connect from any port.
    pub(crate) development: bool,
    /// The path that the program nests the router at; empty if it is at the root.
    pub(crate) nested: Arc<str>,
    /// The time of silence after which the server sends a heartbeat message.
    pub(crate) heartbeat_message: Option<Duration>,
}

impl Settings {
    /// Whether the page that a request comes from may connect.
    pub(crate) fn allow_page(&self, parts: &Parts) -> Result<(), Refused> {
        match self.origins.allow(parts, &self.hosts) {
            Err(Refused::Elsewhere { origin, .. }) if self.development && is_local_page(&origin, parts) => {
                Ok(())
            }
            judged => judged,
        }
    }

    /// The route of an endpoint as clients see it: behind the path that the program nests the router at.
    pub(crate) fn outer_route(&self, registered: &Registered) -> String {
        format!("{}{}", self.nested, registered.route)
    }
}
