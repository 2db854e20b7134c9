//! Distinguishes parameters by their type: an inherent method of `Parameter<State<T>, S>` wins over the method of the
//! trait that every `Parameter<P, S>` has, so the choice is made by the concrete type, through any alias. A method that
//! takes the parameter by value wins over both: it is for types that declare their requirements.

use std::{future::Future, marker::PhantomData, pin::Pin};

use axum::{
    Extension,
    extract::{ConnectInfo, FromRequestParts, Path, State},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::{Requirement, Requires};
use crate::state::States;

pub(super) type Extracting<'a, P> = Pin<Box<dyn Future<Output = Result<P, Response>> + Send + 'a>>;

/// One resolved parameter: what it needs at startup and how it is taken from a request.
#[derive(Debug)]
pub struct Arg<P> {
    pub(super) requirement: Requirement,
    pub(super) extract: for<'a> fn(&'a mut Parts, &'a States) -> Extracting<'a, P>,
}

impl<P> Clone for Arg<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Arg<P> {}

/// The type `P` of a parameter, on an endpoint whose extractors require the state `S`.
#[derive(Debug)]
pub struct Parameter<P, S>(PhantomData<fn() -> (P, S)>);

impl<P, S> Parameter<P, S> {
    /// The parameter.
    pub const NEW: Self = Self(PhantomData);
}

/// A value that `Server::state` can hold.
#[diagnostic::on_unimplemented(
    message = "[not_an_extractor] `State<{Self}>` cannot be shared between connections",
    label = "`{Self}` is not `Clone + Send + Sync + 'static`",
    note = "help: derive `Clone`, or share it as `State<std::sync::Arc<{Self}>>`"
)]
pub trait SharedState: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> SharedState for T {}

/// A type that can be extracted from a handshake request, on an endpoint with the state `S`.
#[diagnostic::on_unimplemented(
    message = "[not_an_extractor] `{Self}` cannot be a parameter of a WebSocket endpoint",
    label = "not an extractor that reads the head of a request",
    note = "a handshake has no body, so a parameter must implement `FromRequestParts<{S}>`: `Path`, `Query`, `State`, `HeaderMap`, `Extension` or your own type",
    note = "help: write `State(value): State<T>` for what all connections share, and pass it to `Server::state`; `Query(value): Query<T>` for the query string; or `Path(value): Path<T>` for parameters of the route",
    note = "help: for an extractor of your own implement `axum::extract::FromRequestParts`; if it needs a state, write `state = AppState` in the attribute"
)]
pub trait Extractor<S>: Sized {
    #[doc(hidden)]
    fn take<'a>(parts: &'a mut Parts, states: &'a States) -> Extracting<'a, Self>;
}

#[diagnostic::do_not_recommend]
impl<P, S> Extractor<S> for P
where
    P: FromRequestParts<S> + Send + 'static,
    S: Clone + Send + Sync + 'static,
{
    fn take<'a>(parts: &'a mut Parts, states: &'a States) -> Extracting<'a, Self> {
        Box::pin(async move {
            let Some(state) = states.get::<S>() else { return Err(missing::<S>()) };
            P::from_request_parts(parts, &state).await.map_err(IntoResponse::into_response)
        })
    }
}

/// An [`Extractor`] with the name of one that reads a body, such as `Json`. The name alone proves nothing, because
/// anyone may define a `Json`; if the type does not extract from the request head, the message can be about bodies.
#[diagnostic::on_unimplemented(
    message = "[body_extractor] `{Self}` reads the request body, but a WebSocket handshake has no body",
    label = "a parameter can only read the head of the request",
    note = "help: receive it as a message: write `handshake: Handshake<Json<T, ()>>`, with the type that you send in place of `()`, and `socket.recv().await?`",
    note = "help: or read it from the query string: write `Query(query): Query<T>`"
)]
pub trait HeadExtractor<S>: Extractor<S> {}

#[diagnostic::do_not_recommend]
impl<P: Extractor<S>, S> HeadExtractor<S> for P {}

impl<P, S> Parameter<P, S> {
    /// Resolves a parameter whose name may be that of a body extractor.
    pub fn head(&self) -> Arg<P>
    where
        P: HeadExtractor<S>,
    {
        Arg { requirement: Requirement::Nothing, extract: P::take }
    }
}

fn missing<S>() -> Response {
    // The startup check refuses this; only a router that is assembled around `Server::check` could reach it.
    let why = format!("no value of type `{}` was passed to `Server::state`", std::any::type_name::<S>());
    (http::StatusCode::INTERNAL_SERVER_ERROR, why).into_response()
}

/// Every parameter that is none of the special ones.
pub trait AnyParameter<P, S> {
    /// Resolves the parameter.
    fn arg(&self) -> Arg<P>
    where
        P: Extractor<S>;
}

impl<P, S> AnyParameter<P, S> for Parameter<P, S> {
    fn arg(&self) -> Arg<P>
    where
        P: Extractor<S>,
    {
        Arg { requirement: Requirement::Nothing, extract: P::take }
    }
}

/// Every parameter whose type declares its requirements.
pub trait DeclaredParameter<P, S> {
    /// Resolves the parameter. By value, so that it is found before every `arg` that takes a reference.
    fn arg(self) -> Arg<P>
    where
        P: Extractor<S>;
}

impl<P: Requires, S> DeclaredParameter<P, S> for Parameter<P, S> {
    fn arg(self) -> Arg<P>
    where
        P: Extractor<S>,
    {
        Arg { requirement: Requirement::Declared(P::require), extract: P::take }
    }
}

impl<T, S> Parameter<State<T>, S> {
    /// `State<T>` is taken from the server's values, whatever the endpoint's `S` is.
    pub fn arg(&self) -> Arg<State<T>>
    where
        T: SharedState,
    {
        Arg {
            requirement: Requirement::state::<T>(),
            extract: |_, states| {
                Box::pin(std::future::ready(states.get::<T>().map(State).ok_or_else(missing::<T>)))
            },
        }
    }
}

impl<T, S> Parameter<Option<State<T>>, S> {
    /// `Option<State<T>>` is `None` if the server has no such value.
    pub fn arg(&self) -> Arg<Option<State<T>>>
    where
        T: SharedState,
    {
        Arg {
            requirement: Requirement::optional_state::<T>(),
            extract: |_, states| Box::pin(std::future::ready(Ok(states.get::<T>().map(State)))),
        }
    }
}

impl<T, S> Parameter<Extension<T>, S> {
    /// `Extension<T>` comes from a layer.
    pub fn arg(&self) -> Arg<Extension<T>>
    where
        Extension<T>: Extractor<S>,
        T: SharedState,
    {
        Arg { requirement: Requirement::extension::<T>(), extract: <Extension<T> as Extractor<S>>::take }
    }
}

impl<T, S> Parameter<ConnectInfo<T>, S> {
    /// `ConnectInfo<T>` comes from the listener.
    pub fn arg(&self) -> Arg<ConnectInfo<T>>
    where
        ConnectInfo<T>: Extractor<S>,
        T: SharedState,
    {
        Arg { requirement: Requirement::connect_info::<T>(), extract: <ConnectInfo<T> as Extractor<S>>::take }
    }
}

/// A type that `Path` and `Query` read.
#[diagnostic::on_unimplemented(
    message = "[not_an_extractor] `{Self}` cannot be read from the request: it does not implement serde's `Deserialize`",
    label = "`Path` and `Query` read types that serde reads",
    note = "help: write `#[derive(serde::Deserialize)]` on `{Self}`, and on every type of yours in it; it must own its text: `String`, not `&str`"
)]
pub trait ReadFromRequest: DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> ReadFromRequest for T {}

#[cfg(feature = "query")]
impl<T, S> Parameter<axum::extract::Query<T>, S> {
    /// `Query<T>` comes from the query string.
    pub fn arg(&self) -> Arg<axum::extract::Query<T>>
    where
        T: ReadFromRequest,
        S: SharedState,
    {
        Arg { requirement: Requirement::Nothing, extract: <axum::extract::Query<T> as Extractor<S>>::take }
    }
}

impl<T, S> Parameter<Path<T>, S> {
    /// `Path<T>` comes from the route.
    pub fn arg(&self) -> Arg<Path<T>>
    where
        T: ReadFromRequest,
        S: SharedState,
    {
        Arg { requirement: Requirement::path::<T>(), extract: <Path<T> as Extractor<S>>::take }
    }
}
