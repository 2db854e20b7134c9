//! Combines a handler and its resolved parameters into one callable.

use std::{future::Future, pin::Pin, sync::Arc};

use super::{Arg, Args, ParameterRequirement, Requirement, args::each_arity, requirements::Shared};
use crate::{
    codec::{Codec, Formats},
    error::Error,
    handshake::{Handshake, Incoming},
};

/// The future of a handler.
pub(crate) type Call = dyn Fn(Incoming) -> Running + Send + Sync;
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// A handler with its types resolved.
#[derive(Clone)]
pub struct Bound {
    pub(crate) requirements: Vec<ParameterRequirement>,
    /// The state type that the endpoint's `state = ..` requires; `State<()>` if there is none.
    pub(crate) state: Requirement,
    pub(crate) formats: Formats,
    pub(crate) call: Arc<Call>,
}

impl Bound {
    /// Requires the state of the endpoint's `state = ..` option.
    #[must_use]
    pub fn with_state<S: Clone + Send + Sync + 'static>(self) -> Self {
        Self { state: Requirement::state::<S>(), ..self }
    }
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bound")
            .field("requirements", &self.requirements)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// The first parameter of an endpoint: a [`Handshake`].
#[diagnostic::on_unimplemented(
    message = "[missing_handshake] the first parameter of a WebSocket endpoint must be `sockeye::Handshake`, not `{Self}`",
    label = "expected `Handshake`, `Handshake<Json<In, Out>>` or an alias of one",
    note = "help: write `handshake: Handshake` as the first parameter"
)]
pub trait FirstParameter: Sized + Send + 'static {
    /// How it is created. If a type cannot be the first parameter, this is unknown, so that rustc reports that once and nothing
    /// that follows from it.
    type Made: Made;
    /// How its messages are read and written.
    type Codec: Codec;

    #[doc(hidden)]
    fn from_incoming(incoming: Incoming) -> Self;
}

/// The constructor for a type.
pub trait Made: Copy {
    /// The only value.
    const MADE: Self;
}

/// The value for the type of the constant.
pub const fn made<M: Made>() -> M {
    M::MADE
}

impl<H: FirstParameter> Made for First<H> {
    const MADE: Self = Self::OF;
}

impl<R: Returned> Made for Outcome<R> {
    const MADE: Self = Self(R::into_result);
}

impl<C: Codec + 'static> FirstParameter for Handshake<C> {
    type Made = First<Self>;
    type Codec = C;

    fn from_incoming(incoming: Incoming) -> Self {
        Handshake::new(incoming)
    }
}

/// How the first parameter is created.
#[derive(Debug)]
pub struct First<H> {
    take: fn(Incoming) -> H,
    formats: fn() -> Formats,
}

impl<H: FirstParameter> First<H> {
    const OF: Self = Self { take: H::from_incoming, formats: <H::Codec as Codec>::formats };
}

impl<H> Clone for First<H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H> Copy for First<H> {}

/// Proves that the first parameter is a handshake; an error is reported at the type that the macro passes here.
pub const fn first<H: FirstParameter>() -> First<H> {
    First::OF
}

/// A type that a handler may return.
#[diagnostic::on_unimplemented(
    message = "[return_type] a WebSocket endpoint cannot return `{Self}`",
    label = "expected `()`, `sockeye::Result` or `Result<(), E>`",
    note = "`E` must convert into `sockeye::Error`, as every type does that implements `std::error::Error + Send + Sync`; for `?` on calls of Sockeye it must implement `From<sockeye::Error>`, too",
    note = "help: write `-> sockeye::Result`, into which `?` converts the errors of Sockeye and your own"
)]
pub trait Returned: Sized + 'static {
    /// How it is read, as for the first parameter.
    type Made: Made;

    #[doc(hidden)]
    fn into_result(self) -> Result<(), Error>;
}

impl Returned for () {
    type Made = Outcome<Self>;

    fn into_result(self) -> Result<(), Error> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<Error> + 'static> Returned for Result<(), E> {
    type Made = Outcome<Self>;

    fn into_result(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }
}

/// How a handler's return value is read.
#[derive(Debug)]
pub struct Outcome<R>(fn(R) -> Result<(), Error>);

impl<R> Clone for Outcome<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Outcome<R> {}

/// Proves that the return type can be read; an error is reported at the type that the macro passes here.
pub const fn outcome<R: Returned>() -> Outcome<R> {
    Outcome(R::into_result)
}

/// A function that takes a handshake and the values of the other parameters.
///
/// The types of the values and of the future are parameters: rustc would normalize associated types twice for each endpoint.
pub trait Handler<H, V, Fut>: Copy + Send + Sync + 'static {
    #[doc(hidden)]
    fn call(self, first: H, values: V) -> Fut;
}

macro_rules! handler {
    ($($P:ident $n:tt),*) => {
        impl<F, Fut, H, $($P),*> Handler<H, ($($P,)*), Fut> for F
        where
            F: Fn(H, $($P),*) -> Fut + Copy + Send + Sync + 'static,
        {
            #[allow(unused_variables, reason = "the empty tuple has no values")]
            fn call(self, first: H, values: ($($P,)*)) -> Fut {
                self(first, $(values.$n),*)
            }
        }
    };
}

each_arity!(handler);

/// Combines the parts of an endpoint.
///
/// The handler's future must be `Send`, because the runtime moves connections between threads: a value that is not
/// `Send` (an `Rc`, a `RefCell` guard, a `std::sync::MutexGuard`) may not live across an `.await`.
pub fn bind<F, H, A, V, R, Fut>(handler: F, first: First<H>, args: A, outcome: Outcome<R>) -> Bound
where
    H: 'static,
    A: Args<V>,
    R: 'static,
    F: Handler<H, V, Fut>,
    Fut: Future<Output = R>,
    // rustc shows the next line when the bound is not met, so it says what to do.
    Fut: Send + 'static, // help: drop that value before the `.await` (end its block), or use a `Send` one (`Arc` for `Rc`)
{
    let call = move |mut incoming: Incoming| -> Running {
        Box::pin(async move {
            let states = Arc::clone(&incoming.endpoint.states);
            incoming.parts.extensions.insert(Shared(Arc::clone(&states)));
            let values = args
                .extract(&mut incoming.parts, &states)
                .await
                .map_err(|(index, response)| Error::extractor_refused(index, response))?;
            (outcome.0)(handler.call((first.take)(incoming), values).await)
        })
    };
    Bound {
        requirements: ParameterRequirement::all(&args.requirements()),
        state: Requirement::state::<()>(),
        formats: (first.formats)(),
        call: Arc::new(call),
    }
}

/// [`bind`] for this number of parameters: there rustc chooses among the implementations for all numbers, twice for each endpoint.
pub fn bind0<F, H, R, Fut>(handler: F, first: First<H>, args: (), outcome: Outcome<R>) -> Bound
where
    H: 'static,
    R: 'static,
    F: Fn(H) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = R>,
    Fut: Send + 'static, // help: drop that value before the `.await` (end its block), or use a `Send` one (`Arc` for `Rc`)
{
    bind(handler, first, args, outcome)
}

/// As [`bind0`].
pub fn bind1<F, H, P0, R, Fut>(handler: F, first: First<H>, args: (Arg<P0>,), outcome: Outcome<R>) -> Bound
where
    H: 'static,
    P0: Send + 'static,
    R: 'static,
    F: Fn(H, P0) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = R>,
    Fut: Send + 'static, // help: drop that value before the `.await` (end its block), or use a `Send` one (`Arc` for `Rc`)
{
    bind(handler, first, args, outcome)
}

/// As [`bind0`].
pub fn bind2<F, H, P0, P1, R, Fut>(
    handler: F,
    first: First<H>,
    args: (Arg<P0>, Arg<P1>),
    outcome: Outcome<R>,
) -> Bound
where
    H: 'static,
    P0: Send + 'static,
    P1: Send + 'static,
    R: 'static,
    F: Fn(H, P0, P1) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = R>,
    Fut: Send + 'static, // help: drop that value before the `.await` (end its block), or use a `Send` one (`Arc` for `Rc`)
{
    bind(handler, first, args, outcome)
}

/// As [`bind0`].
pub fn bind3<F, H, P0, P1, P2, R, Fut>(
    handler: F,
    first: First<H>,
    args: (Arg<P0>, Arg<P1>, Arg<P2>),
    outcome: Outcome<R>,
) -> Bound
where
    H: 'static,
    P0: Send + 'static,
    P1: Send + 'static,
    P2: Send + 'static,
    R: 'static,
    F: Fn(H, P0, P1, P2) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = R>,
    Fut: Send + 'static, // help: drop that value before the `.await` (end its block), or use a `Send` one (`Arc` for `Rc`)
{
    bind(handler, first, args, outcome)
}

/// As [`bind0`].
pub fn bind4<F, H, P0, P1, P2, P3, R, Fut>(
    handler: F,
    first: First<H>,
    args: (Arg<P0>, Arg<P1>, Arg<P2>, Arg<P3>),
    outcome: Outcome<R>,
) -> Bound
where
    H: 'static,
    P0: Send + 'static,
    P1: Send + 'static,
    P2: Send + 'static,
    P3: Send + 'static,
    R: 'static,
    F: Fn(H, P0, P1, P2, P3) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = R>,
    Fut: Send + 'static, // help: drop that value before the `.await` (end its block), or use a `Send` one (`Arc` for `Rc`)
{
    bind(handler, first, args, outcome)
}
