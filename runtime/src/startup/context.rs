use std::sync::Arc;

use super::{Allowance, Unready};
use crate::{
    Limits,
    descriptors::Fit,
    endpoint::{ParameterRequirement, Registered, Requirement},
    mounted::{Mounted, Settings},
    startup_probe::{Answer, Refusal},
};

/// What the rules look at.
pub(crate) struct Context {
    /// The group that the server serves.
    pub(crate) group: String,
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
    /// How the limits fit into what the process may have.
    pub(crate) descriptors: Fit,
    /// The server's limits as they were written, before defaults were lowered to fit.
    pub(crate) written: Limits,
    /// The server's own settings.
    pub(crate) settings: Settings,
}

/// An endpoint on its way to be served.
pub(crate) struct Candidate {
    pub(crate) mounted: Arc<Mounted>,
    /// What `state = ..` asks for.
    pub(crate) state: Requirement,
    /// Why it cannot be routed.
    pub(crate) clash: Option<Clash>,
    /// Whether a route of the user's has the same path, and takes what is no handshake.
    pub(crate) shares_path: bool,
    /// What came back when it was asked for; `None` when it was not asked.
    pub(crate) answer: Option<Answer>,
    /// How the user's own router keeps a stranger out who asks for its path; `None` when it does not.
    pub(crate) beside: Option<Refusal>,
}

/// Another route that stands in the way.
#[derive(Debug, Clone)]
pub(crate) enum Clash {
    /// An endpoint whose route has the same shape.
    Same(&'static Registered),
    /// An endpoint whose route overlaps.
    Overlaps(&'static Registered),
    /// A route of the router that was given to `Server::router`.
    User(String),
    /// The router refuses the route itself, in its own words.
    Router(String),
}

impl Candidate {
    /// What the macro saw of it.
    pub(crate) fn registered(&self) -> &'static Registered {
        self.mounted.registered
    }

    /// What its parameters need.
    pub(crate) fn requirements(&self) -> impl Iterator<Item = &ParameterRequirement> {
        self.mounted.requirements.iter()
    }

    /// What was not in the request when the startup probe arrived.
    pub(crate) fn absent(&self) -> impl Iterator<Item = &ParameterRequirement> {
        let absent = if let Some(Answer::Arrived { absent, .. }) = &self.answer { &absent[..] } else { &[] };
        absent.iter().filter_map(|&number| self.mounted.requirements.get(number))
    }

    /// The type of a parameter as it is written.
    pub(crate) fn written(&self, index: usize) -> &'static str {
        self.registered().params.get(index).map_or("", |param| param.ty)
    }
}
