//! An endpoint as it is served: registered facts, resolved types, and the settings in force.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use crate::{
    Heartbeat, Limits, Origins,
    endpoint::{Call, ParameterRequirement, Registered},
    hosts::Hosts,
    shutdown::Lifecycle,
    state::States,
};

/// Everything that a request to one endpoint needs.
pub(crate) struct Mounted {
    pub(crate) registered: &'static Registered,
    pub(crate) requirements: Vec<ParameterRequirement>,
    pub(crate) call: Arc<Call>,
    pub(crate) states: Arc<States>,
    pub(crate) settings: Settings,
    pub(crate) lifecycle: Lifecycle,
    /// Whether the log has it that a client's offer of subprotocols went unanswered: once is enough.
    pub(crate) has_told_of_offer: AtomicBool,
}

/// The settings in force for one endpoint: its own options over the server's.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) origins: Arc<Origins>,
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) limits: Limits,
    pub(crate) heartbeat: Heartbeat,
    /// After how much silence of the server a message says that it is there.
    pub(crate) heartbeat_message: Option<Duration>,
}
