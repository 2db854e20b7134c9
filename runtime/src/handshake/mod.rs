//! The opening handshake: reading the request, running the handler until it decides, answering.

mod accept;
mod caller;
mod decision;
mod negotiate;
mod refusals;
mod request;
mod secrets;
mod service;
mod subprotocol;
mod token;
mod undecided;

use std::{
    borrow::BorrowMut,
    marker::PhantomData,
    net::{IpAddr, SocketAddr},
    ops::{Deref, DerefMut},
    sync::Arc,
};

use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode, Uri, header, request::Parts};

pub use accept::{Accept, Accepting};
pub(crate) use caller::{Caller, is_over_loopback, peer};
pub(crate) use decision::{Decision, Decisions};
pub(crate) use request::{Opening, connect_protocol, has_token};
pub(crate) use service::EndpointService;
pub use token::BearerToken;

pub(crate) use self::secrets::Secrets;
use crate::{Codec, Error, Position, Raw, connection::Cell, error, limiter::client, mounted::Mounted};

/// A request that has passed every check of the server and goes to the handler.
///
/// Behind `dyn` for the reason of `connection/shared.rs`.
pub struct Incoming(Box<dyn BorrowMut<Arrived> + Send + Sync>);

/// The contents of [`Incoming`].
pub struct Arrived {
    pub(crate) parts: Parts,
    /// The number of its connection.
    pub(crate) number: u64,
    pub(crate) endpoint: Arc<Mounted>,
    pub(crate) decisions: Arc<Decisions>,
    pub(crate) cell: Arc<Cell>,
    /// The subprotocol that was negotiated between the endpoint's list and the client's offer.
    pub(crate) subprotocol: Option<&'static str>,
}

impl Incoming {
    pub(crate) fn new(request: Arrived) -> Self {
        Self(Box::new(request))
    }
}

impl Deref for Incoming {
    type Target = Arrived;

    fn deref(&self) -> &Arrived {
        (*self.0).borrow()
    }
}

impl DerefMut for Incoming {
    fn deref_mut(&mut self) -> &mut Arrived {
        (*self.0).borrow_mut()
    }
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").field("endpoint", &self.endpoint.registered.name).finish_non_exhaustive()
    }
}

/// A WebSocket handshake that is not answered yet: the first parameter of every endpoint.
///
/// The handler inspects the request and then either [`accept`](Self::accept)s or [`reject`](Self::reject)s it.
/// Until then it runs inside the HTTP request and is dropped with it when the client disconnects. If the
/// handler ends without either, the client gets status 500 and the rule `never_accepted`.
///
/// ```no_run
/// use sockeye::{Handshake, Json, ws_endpoint};
///
/// #[ws_endpoint("/sum")]
/// async fn sum(handshake: Handshake<Json<Vec<i64>, i64>>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(numbers) = socket.recv().await? {
///         socket.send(numbers.iter().sum::<i64>()).await?;
///     }
///     Ok(())
/// }
/// ```
pub struct Handshake<C = Raw> {
    incoming: Incoming,
    /// Records how the codec writes the heartbeat message. This is done while the handshake is created, where the codec is known to be
    /// one: with a bound in `Accept`, rustc would report that it is not a future, and suggest removing the `.await`.
    speak: fn(&Cell, Option<&str>),
    codec: PhantomData<fn() -> C>,
}

impl<C> Handshake<C> {
    pub(crate) fn new(incoming: Incoming) -> Self
    where
        C: Codec,
    {
        Self { incoming, speak: Cell::speak::<C>, codec: PhantomData }
    }

    /// Address of the TCP peer, which is the proxy's if there is one. `None` if the server does not know it, as
    /// on a Unix socket, or with `axum::serve` without `into_make_service_with_connect_info`.
    pub fn peer(&self) -> Option<SocketAddr> {
        peer(&self.incoming.parts)
    }

    /// Address of the client: the entry of `X-Forwarded-For` that
    /// [`Limits::trusted_proxies`](crate::Limits::trusted_proxies) selects, otherwise the address of the
    /// [`peer`](Self::peer). The limits per client use it, and behind proxies it is the field `client` in the
    /// log.
    ///
    /// ```no_run
    /// use sockeye::{Handshake, ws_endpoint};
    ///
    /// /// Says whom it talks to.
    /// #[ws_endpoint("/whoami")]
    /// async fn whoami(handshake: Handshake) -> sockeye::Result {
    ///     let client = handshake.client().map_or_else(|| "unknown".to_owned(), |address| address.to_string());
    ///     let mut socket = handshake.accept().await?;
    ///     socket.send(client).await?;
    ///     while socket.recv().await?.is_some() {}
    ///     Ok(())
    /// }
    /// ```
    pub fn client(&self) -> Option<IpAddr> {
        client(&self.incoming.parts, self.incoming.endpoint.settings.limits.trusted_proxies)
    }

    /// The request's URI. Query strings often carry tokens: do not log it whole.
    pub fn uri(&self) -> &Uri {
        &self.incoming.parts.uri
    }

    /// The request headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.incoming.parts.headers
    }

    /// Origin of the page that a browser connects from. `None` if the client is not a browser, or if the header
    /// is not valid text.
    pub fn origin(&self) -> Option<&str> {
        self.headers().get(header::ORIGIN)?.to_str().ok()
    }

    /// The subprotocols that the client offers, in the client's order of preference.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        subprotocol::offered(self.headers())
    }

    /// The token with which the client authenticates itself: from the header `Authorization: Bearer ..` (RFC 6750 section 2.1), or from an
    /// offered subprotocol `bearer.<token>`, since a browser cannot set headers on a handshake. The header comes first. `None` if there is neither.
    ///
    /// A page sends it with `new WebSocket(url, ["v1", "bearer." + token])`; the endpoint names `v1` in its `subprotocols`, and only that is
    /// answered. A token in a subprotocol may contain only letters, digits, and ``!#$%&'*+-.^_`|~``, which is true of a JSON Web Token.
    ///
    /// ```no_run
    /// # use sockeye::{BearerToken, Handshake, ws_endpoint};
    /// # fn user_of(_: BearerToken<'_>) -> Option<String> { None }
    /// use axum::http::StatusCode;
    ///
    /// #[ws_endpoint("/events", subprotocols = ["v1"])]
    /// async fn events(handshake: Handshake) -> sockeye::Result {
    ///     let Some(user) = handshake.bearer_token().and_then(user_of) else {
    ///         return Err(handshake.reject(StatusCode::UNAUTHORIZED, "the token is not valid"));
    ///     };
    ///     let mut socket = handshake.accept().identity(user).await?;
    ///     while socket.recv().await?.is_some() {}
    ///     Ok(())
    /// }
    /// ```
    pub fn bearer_token(&self) -> Option<BearerToken<'_>> {
        token::bearer(self.headers())
    }

    /// The value of the cookie with this name (RFC 6265 section 4.2), such as the key of a session. `None` if there is none; of several the first.
    ///
    /// A browser sends cookies from pages of every site: on an endpoint with `origins = any`, a call of this is
    /// `origin_wildcard_with_credentials` at startup.
    ///
    /// ```no_run
    /// # use sockeye::{BearerToken, Handshake, ws_endpoint};
    /// # fn user_of(_: BearerToken<'_>) -> Option<String> { None }
    /// use axum::http::StatusCode;
    ///
    /// #[ws_endpoint("/inbox")]
    /// async fn inbox(handshake: Handshake) -> sockeye::Result {
    ///     let Some(user) = handshake.cookie_token("session").and_then(user_of) else {
    ///         return Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first"));
    ///     };
    ///     let mut socket = handshake.accept().identity(user).await?;
    ///     while socket.recv().await?.is_some() {}
    ///     Ok(())
    /// }
    /// ```
    pub fn cookie_token(&self, name: &str) -> Option<BearerToken<'_>> {
        token::cookie(self.headers(), name)
    }

    /// The position in a feed at which the client was last connected: the parameter `position` of the query, which the client
    /// module `sockeye-client` sends with `resume: true`. `None` if there is none, and the feed begins at the present. Pass it
    /// to [`Topic::subscribe_from`](crate::Topic::subscribe_from).
    pub fn position(&self) -> Option<Position> {
        let mut parameters = self.uri().query()?.split('&');
        parameters.find_map(|parameter| parameter.strip_prefix("position=")?.parse().ok())
    }

    /// Rejects the handshake immediately: the client gets this status and the reason as text. Return the error
    /// from the handler.
    ///
    /// A status that is not an error (below 400) is sent as 500, because a client would misread it.
    ///
    /// ```no_run
    /// # use sockeye::{Handshake, ws_endpoint};
    /// use axum::http::StatusCode;
    ///
    /// #[ws_endpoint("/private")]
    /// async fn private(handshake: Handshake) -> sockeye::Result {
    ///     if !handshake.headers().contains_key("authorization") {
    ///         return Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first"));
    ///     }
    ///     let mut socket = handshake.accept().await?;
    ///     while socket.recv().await?.is_some() {}
    ///     Ok(())
    /// }
    /// ```
    pub fn reject(self, status: StatusCode, reason: impl Into<String>) -> Error {
        self.incoming
            .decisions
            .decide(Decision::Refuse(Box::new(refusals::by_handler(status, reason.into()))));
        Error::of(error::Kind::Rejected)
    }

    /// Rejects the handshake immediately with your own response: status, headers and body, such as
    /// `Retry-After` or JSON. Return the error from the handler.
    ///
    /// The header `sockeye-rule` is added. A response whose status is not an error (below 400) is sent as 500
    /// without its body, as with [`reject`](Self::reject).
    ///
    /// ```no_run
    /// # use sockeye::{Handshake, ws_endpoint};
    /// use axum::http::{StatusCode, header::RETRY_AFTER};
    ///
    /// #[ws_endpoint("/busy")]
    /// async fn busy(handshake: Handshake) -> sockeye::Result {
    ///     let later = (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "30")], "one report at a time");
    ///     Err(handshake.reject_with(later))
    /// }
    /// ```
    pub fn reject_with(self, response: impl IntoResponse) -> Error {
        let response = response.into_response();
        let status = response.status();
        let refusal = refusals::by_handler(
            status,
            "the handler rejected the handshake with its own response".to_owned(),
        );
        let is_error = status.is_client_error() || status.is_server_error();
        let refusal = if is_error { refusal.answering(response) } else { refusal };
        self.incoming.decisions.decide(Decision::Refuse(Box::new(refusal)));
        Error::of(error::Kind::Rejected)
    }
}

// With the bound here, a codec that is none is one error at `accept`, and not one at each use of the socket.
impl<C: Codec> Handshake<C> {
    /// Accepts the handshake. Awaiting this sends the response and opens the socket.
    ///
    /// # Errors
    /// If the client disconnected in the meantime, or if a header or subprotocol that was passed to [`Accept`]
    /// cannot be sent.
    #[doc(alias = "on_upgrade")]
    pub fn accept(self) -> Accept<C> {
        Accept::new(self.incoming, self.speak)
    }
}

impl<C> std::fmt::Debug for Handshake<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handshake").field("incoming", &self.incoming).finish_non_exhaustive()
    }
}
