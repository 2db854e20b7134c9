use std::sync::Arc;

use http::{Extensions, request::Parts};
use serde::de::DeserializeOwned;

use super::Requirement;
use crate::state::States;

/// Declares what your own extractor needs before the first request arrives.
///
/// Sockeye knows what axum's extractors need. It does not know about other extractors, unless they implement this trait
/// along with `FromRequestParts`. A missing requirement is then a startup error at every endpoint that uses the
/// extractor, with the reason.
///
/// ```
/// use axum::{extract::FromRequestParts, http::{StatusCode, request::Parts}};
/// use sockeye::{Requirements, Requires};
///
/// #[derive(Clone)]
/// struct Sessions;
/// # impl Sessions { fn user(&self, _: &Parts) -> Option<AuthUser> { Some(AuthUser) } }
///
/// /// The user whose session cookie came with the handshake.
/// struct AuthUser;
///
/// impl Requires for AuthUser {
///     fn require(requirements: &mut Requirements) {
///         requirements.state::<Sessions>("sessions are looked up in it");
///         requirements.credentials("the session is known by its cookie");
///     }
/// }
///
/// impl<S: Sync> FromRequestParts<S> for AuthUser {
///     type Rejection = StatusCode;
///
///     async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
///         let sessions = sockeye::state::<Sessions>(parts).ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
///         sessions.user(parts).ok_or(StatusCode::UNAUTHORIZED)
///     }
/// }
/// ```
///
/// An optional extractor requires nothing: for a parameter `Option<AuthUser>`, the requirements of `AuthUser` are
/// ignored. An extractor that contains others forwards the call: `Inner::require(requirements)`.
pub trait Requires {
    /// Declares everything that must exist.
    fn require(requirements: &mut Requirements);
}

/// What an extractor needs, as declared in [`Requires::require`]. A reason is a short phrase for the startup
/// report, such as `sessions are looked up in it`.
#[derive(Debug, Default)]
pub struct Requirements {
    found: Vec<DeclaredRequirement>,
}

/// A requirement, and the reason.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeclaredRequirement {
    pub(crate) requirement: Requirement,
    pub(crate) reason: &'static str,
}

impl Requirements {
    /// A value of this type, passed to [`Server::state`](crate::Server::state); [`state`](crate::state) reads
    /// it from the request. If it is missing, `missing_state` is reported.
    pub fn state<T: Clone + Send + Sync + 'static>(&mut self, reason: &'static str) {
        self.add(Requirement::state::<T>(), reason);
    }

    /// An extension of this type, which a layer adds to the request. If it is missing, `missing_extension` is
    /// reported.
    pub fn extension<T: Clone + Send + Sync + 'static>(&mut self, reason: &'static str) {
        self.add(Requirement::extension::<T>(), reason);
    }

    /// `ConnectInfo<T>`, which the listener provides. If it is missing, `missing_connect_info` is reported.
    pub fn connect_info<T: Clone + Send + Sync + 'static>(&mut self, reason: &'static str) {
        self.add(Requirement::connect_info::<T>(), reason);
    }

    /// Parameters of the route, read as `Path<T>`. A mismatch is reported as `path_fields`.
    pub fn path<T: DeserializeOwned>(&mut self, reason: &'static str) {
        self.add(Requirement::path::<T>(), reason);
    }

    /// Cookies or other credentials that a browser sends whatever page it is on. On an endpoint that allows any
    /// origin, `origin_wildcard_with_credentials` is reported.
    pub fn credentials(&mut self, reason: &'static str) {
        self.add(Requirement::Credentials, reason);
    }

    fn add(&mut self, requirement: Requirement, reason: &'static str) {
        self.found.push(DeclaredRequirement { requirement, reason });
    }
}

/// One requirement of an endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ParameterRequirement {
    /// The parameter, from 0 after the handshake.
    pub(crate) index: usize,
    pub(crate) requirement: Requirement,
    /// The reason, if the parameter's type declares it; `None` if the type itself is the requirement.
    pub(crate) reason: Option<&'static str>,
}

impl ParameterRequirement {
    /// All requirements of the parameters, including those that their types declare.
    pub(crate) fn all(parameters: &[Requirement]) -> Vec<Self> {
        parameters.iter().enumerate().flat_map(|(index, need)| Self::of(index, *need)).collect()
    }

    fn of(index: usize, requirement: Requirement) -> Vec<Self> {
        let Requirement::Declared(require) = requirement else {
            return vec![Self { index, requirement, reason: None }];
        };
        let mut requirements = Requirements::default();
        require(&mut requirements);
        let each = requirements.found.into_iter();
        each.map(|DeclaredRequirement { requirement, reason }| Self {
            index,
            requirement,
            reason: Some(reason),
        })
        .collect()
    }

    /// Whether a request does not meet it.
    pub(crate) fn is_absent(&self, extensions: &Extensions) -> bool {
        match self.requirement {
            Requirement::Extension { present, .. } | Requirement::ConnectInfo { present, .. } => {
                !present(extensions)
            }
            _ => false,
        }
    }
}

/// The server's values, in a handshake request.
#[derive(Debug, Clone)]
pub(super) struct Shared(pub(super) Arc<States>);

/// The value of this type that was passed to [`Server::state`](crate::Server::state), for your own extractors.
/// `None` if there is none, and in requests that are not the handshake of an endpoint.
///
/// A handler takes `State<T>` instead. An extractor that uses this function declares it with [`Requires`].
///
/// ```
/// use axum::http::request::Parts;
///
/// fn pool_size(parts: &Parts) -> Option<u32> {
///     sockeye::state::<u32>(parts)
/// }
/// ```
pub fn state<T: Clone + Send + Sync + 'static>(parts: &Parts) -> Option<T> {
    parts.extensions.get::<Shared>()?.0.get::<T>()
}
