use std::sync::Arc;

use http::{Extensions, request::Parts};
use serde::de::DeserializeOwned;

use super::Requirement;
use crate::state::States;

/// Says what an extractor of one's own needs before the first request comes.
///
/// Sockeye knows what axum's extractors need. Of another one it knows nothing, unless its type implements this trait
/// beside `FromRequestParts`; then what is missing is a startup error at every endpoint that takes it, with the reason.
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
/// What may be absent needs nothing: `Option<AuthUser>` as a parameter does not ask `AuthUser`. An extractor that is made
/// of others passes the question on: `Inner::require(requirements)`.
pub trait Requires {
    /// Names everything that must be there.
    fn require(requirements: &mut Requirements);
}

/// What an extractor needs, as it says in [`Requires::require`]. A reason is half a sentence for the startup report,
/// such as `sessions are looked up in it`.
#[derive(Debug, Default)]
pub struct Requirements {
    found: Vec<DeclaredRequirement>,
}

/// A need, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeclaredRequirement {
    pub(crate) requirement: Requirement,
    pub(crate) reason: &'static str,
}

impl Requirements {
    /// A value of this type, given to [`Server::state`](crate::Server::state); [`state`](crate::state) takes it from
    /// the request. Missing, it is `missing_state`.
    pub fn state<T: Clone + Send + Sync + 'static>(&mut self, reason: &'static str) {
        self.add(Requirement::state::<T>(), reason);
    }

    /// An extension of this type, which a layer puts into the request. Missing, it is `missing_extension`.
    pub fn extension<T: Clone + Send + Sync + 'static>(&mut self, reason: &'static str) {
        self.add(Requirement::extension::<T>(), reason);
    }

    /// `ConnectInfo<T>`, which the listener gives. Missing, it is `missing_connect_info`.
    pub fn connect_info<T: Clone + Send + Sync + 'static>(&mut self, reason: &'static str) {
        self.add(Requirement::connect_info::<T>(), reason);
    }

    /// Parameters of the route, read as `Path<T>`. What does not fit is `path_fields`.
    pub fn path<T: DeserializeOwned>(&mut self, reason: &'static str) {
        self.add(Requirement::path::<T>(), reason);
    }

    /// Cookies or another thing by which a browser tells who it is, whatever page asks. On an endpoint that is open to
    /// every origin that is `origin_wildcard_with_credentials`.
    pub fn credentials(&mut self, reason: &'static str) {
        self.add(Requirement::Credentials, reason);
    }

    fn add(&mut self, requirement: Requirement, reason: &'static str) {
        self.found.push(DeclaredRequirement { requirement, reason });
    }
}

/// One need of an endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ParameterRequirement {
    /// The parameter, from 0 after the handshake.
    pub(crate) index: usize,
    pub(crate) requirement: Requirement,
    /// Why, where the parameter's type declares it; `None` where the type itself is the need.
    pub(crate) reason: Option<&'static str>,
}

impl ParameterRequirement {
    /// Every need of the parameters, with what their types declare.
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

    /// Whether a request lacks it.
    pub(crate) fn is_absent(&self, extensions: &Extensions) -> bool {
        match self.requirement {
            Requirement::Extension { present, .. } | Requirement::ConnectInfo { present, .. } => {
                !present(extensions)
            }
            _ => false,
        }
    }
}

/// The server's values, in the request of a handshake.
#[derive(Debug, Clone)]
pub(super) struct Shared(pub(super) Arc<States>);

/// The value of this type that was given to [`Server::state`](crate::Server::state), for extractors of one's own. `None`
/// when there is none, and in requests that are not the handshake of an endpoint.
///
/// A handler takes `State<T>` in place of it. An extractor that uses it says so with [`Requires`].
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
