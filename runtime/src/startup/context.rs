use std::sync::Arc;

use super::{Allowance, Unready};
use crate::{
    Limits,
    descriptors::Fit,
    endpoint::{ParameterRequirement, Registered, Requirement},
    mounted::{Mounted, Settings},
    routing::EndpointLayer,
    server::Groups,
    startup_probe::{Answer, Refusal},
};

/// The input of the startup rules.
pub(crate) struct Context {
    /// The groups that the server serves.
    pub(crate) groups: Groups,
    /// Its endpoints, sorted by file and line.
    pub(crate) endpoints: Vec<Candidate>,
    /// The endpoints of other groups.
    pub(crate) elsewhere: Vec<&'static Registered>,
    /// The routes that were given to `Server::expect`.
    pub(crate) expected: Vec<String>,
    /// Full type names of the values that were given to `Server::state`.
    pub(crate) given: Vec<&'static str>,
    /// The components that are not ready.
    pub(crate) unready: Vec<Unready>,
    /// What was given to `Server::allow`.
    pub(crate) allowed: Vec<Allowance>,
    /// The result of fitting the limits to the file descriptors.
    pub(crate) descriptors: Fit,
    /// The server's limits as the user set them, before defaults were lowered.
    pub(crate) written: Limits,
    /// The server's own settings.
    pub(crate) settings: Settings,
}

/// An endpoint that is being checked.
pub(crate) struct Candidate {
    pub(crate) mounted: Arc<Mounted>,
    /// The layers of its group, from the inside out.
    pub(crate) layers: Vec<EndpointLayer>,
    /// The state type that `state = ..` requires.
    pub(crate) state: Requirement,
    /// Why it cannot be routed.
    pub(crate) clash: Option<Clash>,
    /// Whether a user's route has the same path, and handles requests that are not handshakes.
    pub(crate) shares_path: bool,
    /// The result of the startup probe; `None` if it was not probed.
    pub(crate) answer: Option<Answer>,
    /// How the user's own router refuses an anonymous request for its path; `None` if it does not.
    pub(crate) beside: Option<Refusal>,
}

/// The conflicting route.
#[derive(Debug, Clone)]
pub(crate) enum Clash {
    /// An endpoint whose route has the same shape.
    Same(&'static Registered),
    /// An endpoint whose route overlaps.
    Overlaps(&'static Registered),
    /// A route of the router that was given to `Server::router`.
    User(String),
    /// The router refuses the route itself, with this message.
    Router(String),
}

impl Candidate {
    /// Its registration.
    pub(crate) fn registered(&self) -> &'static Registered {
        self.mounted.registered
    }

    /// The requirements of its parameters.
    pub(crate) fn requirements(&self) -> impl Iterator<Item = &ParameterRequirement> {
        self.mounted.requirements.iter()
    }

    /// What was missing from the request when the startup probe arrived.
    pub(crate) fn absent(&self) -> impl Iterator<Item = &ParameterRequirement> {
        let absent = if let Some(Answer::Arrived { absent, .. }) = &self.answer { &absent[..] } else { &[] };
        self.numbered(absent)
    }

    /// What only the address of the peer meets.
    pub(crate) fn of_peer(&self) -> impl Iterator<Item = &ParameterRequirement> {
        let of_peer =
            if let Some(Answer::Arrived { of_peer, .. }) = &self.answer { &of_peer[..] } else { &[] };
        self.numbered(of_peer)
    }

    fn numbered(&self, numbers: &[usize]) -> impl Iterator<Item = &ParameterRequirement> {
        numbers.iter().filter_map(|&number| self.mounted.requirements.get(number))
    }

    /// The type of a parameter as written in the source.
    pub(crate) fn written(&self, index: usize) -> &'static str {
        self.registered().params.get(index).map_or("", |param| param.ty)
    }
}
