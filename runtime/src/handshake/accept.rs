use std::{
    fmt,
    future::{Future, IntoFuture, poll_fn},
    marker::PhantomData,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::SystemTime,
};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{Arrived, Decision, Incoming, peer, subprotocol};
use crate::{
    Error, Result, Socket, compression,
    connection::{Cell, Link, Wait},
    error::Kind,
    limiter::client,
    socket::About,
};

/// Headers that are part of the handshake itself (RFC 6455 section 4.2.2), or would frame a body.
const RESERVED: [HeaderName; 7] = [
    header::UPGRADE,
    header::CONNECTION,
    header::SEC_WEBSOCKET_ACCEPT,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_EXTENSIONS,
    // No response that opens a connection has a body (RFC 9110 sections 8.6 and 15.2, RFC 9112 section 6.1).
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
];

/// An accept in progress: await it to get the socket.
///
/// ```no_run
/// # use sockeye::{Handshake, ws_endpoint};
/// #[ws_endpoint("/feed", subprotocols = ["v2", "v1"])]
/// async fn feed(handshake: Handshake) -> sockeye::Result {
///     let mut socket = handshake.accept().header("x-feed", "live").await?;
///     assert!(socket.subprotocol().is_none_or(|chosen| chosen.starts_with('v')));
///     while socket.recv().await?.is_some() {}
///     Ok(())
/// }
/// ```
#[must_use = "the handshake is accepted only when this is awaited"]
#[derive(Debug)]
pub struct Accept<C> {
    opening: Opening,
    codec: PhantomData<fn() -> C>,
}

/// What `Accept` knows, whatever the codec is.
#[derive(Debug)]
struct Opening {
    incoming: Incoming,
    subprotocol: Option<String>,
    headers: HeaderMap,
    fault: Option<String>,
    identity: Option<Arc<str>>,
    expires: Option<SystemTime>,
    speak: fn(&Cell, Option<&str>),
}

/// What a `Socket` is made of.
struct Opened {
    link: Link,
    number: u64,
    peer: Option<SocketAddr>,
    client: Option<IpAddr>,
    subprotocol: Option<String>,
}

impl<C> Accept<C> {
    pub(super) fn new(incoming: Incoming, speak: fn(&Cell, Option<&str>)) -> Self {
        let subprotocol = incoming.subprotocol.map(str::to_owned);
        let opening = Opening {
            incoming,
            subprotocol,
            headers: HeaderMap::new(),
            fault: None,
            identity: None,
            expires: None,
            speak,
        };
        Self { opening, codec: PhantomData }
    }

    /// Chooses the subprotocol, instead of the endpoint's most preferred one that the client offers. The client
    /// must have offered it: a browser fails the connection otherwise (RFC 6455 section 4.1). A browser also
    /// fails it if it offered subprotocols and none is chosen, so such a browser is refused with 400 and the
    /// rule `subprotocol_refused`.
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let opening = &mut self.opening;
        if !opening.incoming.endpoint.formats.has(&name) {
            opening.fault = Some(format!(
                "the handler chose the subprotocol `{name}`, for which the endpoint's codec has no format"
            ));
        }
        if !subprotocol::offered(&opening.incoming.parts.headers).any(|one| one == name) {
            opening.fault =
                Some(format!("the handler chose the subprotocol `{name}`, which the client did not offer"));
        }
        opening.subprotocol = Some(name);
        self
    }

    /// Who is connected, so that the program finds the connection: [`Connections::of`](crate::Connections::of) lists and
    /// closes all connections of one identity. Usually the key of a user or of a session; it is not logged, and not sent to the
    /// client.
    ///
    /// ```no_run
    /// # use sockeye::{Handshake, ws_endpoint};
    /// # fn session(_: &Handshake) -> Option<(u64, std::time::SystemTime)> { None }
    /// use axum::http::StatusCode;
    ///
    /// #[ws_endpoint("/inbox")]
    /// async fn inbox(handshake: Handshake) -> sockeye::Result {
    ///     let Some((user, expiry)) = session(&handshake) else {
    ///         return Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first"));
    ///     };
    ///     let mut socket = handshake.accept().identity(format!("user-{user}")).expires_at(expiry).await?;
    ///     while socket.recv().await?.is_some() {}
    ///     Ok(())
    /// }
    /// ```
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        let identity: String = identity.into();
        self.opening.identity = Some(identity.into());
        self
    }

    /// When the session ends, such as the expiry time of a token. The connection is then closed with 3000 and the rule
    /// `session_expired`, unless [`Socket::renew`] moves the time. A time in the past closes it as soon as it is open.
    ///
    /// It is a time of the system's clock, which is read by this call: setting that clock later does not move the end, and time in
    /// which the machine is suspended may not count.
    ///
    /// ```no_run
    /// # use sockeye::{Handshake, ws_endpoint};
    /// # struct Claims { exp: u64 }
    /// # fn claims(_: &Handshake) -> Claims { Claims { exp: 0 } }
    /// use std::time::{Duration, SystemTime};
    ///
    /// #[ws_endpoint("/inbox")]
    /// async fn inbox(handshake: Handshake) -> sockeye::Result {
    ///     // The claim `exp` of a JSON Web Token is in seconds since 1970 (RFC 7519 section 4.1.4).
    ///     let expiry = SystemTime::UNIX_EPOCH + Duration::from_secs(claims(&handshake).exp);
    ///     let mut socket = handshake.accept().expires_at(expiry).await?;
    ///     while socket.recv().await?.is_some() {}
    ///     Ok(())
    /// }
    /// ```
    pub fn expires_at(mut self, at: SystemTime) -> Self {
        self.opening.expires = Some(at);
        self
    }

    /// Adds a header to the response, such as `set-cookie`.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let opening = &mut self.opening;
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(_)) if RESERVED.contains(&name) => {
                opening.fault =
                    Some(format!("the header `{name}` is part of the handshake and cannot be set"));
            }
            (Ok(name), Ok(value)) => _ = opening.headers.append(name, value),
            (Ok(name), Err(_)) => {
                opening.fault = Some(format!("the value of the header `{name}` is not a valid header value"));
            }
            (Err(_), _) => {
                opening.fault =
                    Some("the name passed to `Accept::header` is not a valid header name".to_owned());
            }
        }
        self
    }
}

impl Opening {
    async fn open(mut self) -> Result<Opened> {
        if let Some(fault) = self.fault {
            return Err(Error::new(fault));
        }
        if self.subprotocol.is_none()
            && let Some(refusal) = subprotocol::unanswered(&self.incoming)
        {
            self.incoming.decisions.decide(Decision::Refuse(Box::new(refusal)));
            return Err(Error::of(Kind::Rejected));
        }
        if let Some(name) = &self.subprotocol {
            let value = HeaderValue::try_from(name)?;
            self.headers.insert(header::SEC_WEBSOCKET_PROTOCOL, value);
        }
        let (request, limits) = (&self.incoming.parts.headers, &self.incoming.endpoint.settings.limits);
        if let Some((agreed, header)) = compression::agreed(request, limits) {
            self.headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, header);
            self.incoming.cell.compress(agreed);
        }
        (self.speak)(&self.incoming.cell, self.subprotocol.as_deref());
        if let Some(identity) = self.identity {
            self.incoming.cell.identify(identity);
        }
        if let Some(at) = self.expires {
            self.incoming.cell.expire_at(at);
        }
        let link = Link::new(Arc::clone(&self.incoming.cell));
        self.incoming.decisions.decide(Decision::Accept(self.headers));
        let mut wait = Wait::default();
        poll_fn(|cx| link.poll_open(cx, &mut wait)).await?;
        let Arrived { parts, endpoint, number, .. } = &*self.incoming;
        let client = client(parts, endpoint.settings.limits.trusted_proxies);
        Ok(Opened { link, number: *number, peer: peer(parts), client, subprotocol: self.subprotocol })
    }
}

impl<C> IntoFuture for Accept<C> {
    type Output = Result<Socket<C>>;
    type IntoFuture = Accepting<C>;

    fn into_future(self) -> Accepting<C> {
        Accepting { opened: Box::pin(self.opening.open()), codec: PhantomData }
    }
}

/// The future of [`Handshake::accept`](crate::Handshake::accept).
///
/// # Errors
/// If the handshake cannot be accepted: the client is gone, the server stops, or a setting of [`Accept`] is invalid.
#[must_use = "the handshake is accepted only when this is awaited"]
pub struct Accepting<C> {
    /// Without the codec, which may borrow: a boxed future has one lifetime.
    opened: Pin<Box<dyn Future<Output = Result<Opened>> + Send>>,
    codec: PhantomData<fn() -> C>,
}

impl<C> Future for Accepting<C> {
    type Output = Result<Socket<C>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let opened = self.opened.as_mut().poll(cx);
        opened.map_ok(|Opened { link, number, peer, client, subprotocol }| {
            Socket::new(link, About { number, peer, client, subprotocol })
        })
    }
}

impl<C> fmt::Debug for Accepting<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepting").finish_non_exhaustive()
    }
}
