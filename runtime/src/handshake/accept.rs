use std::{
    future::{Future, IntoFuture, poll_fn},
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{Decision, Incoming, peer, subprotocol};
use crate::{
    Error, Result, Socket,
    connection::{Cell, Link, Wait},
    error::Kind,
    limiter::client,
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
    incoming: Incoming,
    subprotocol: Option<String>,
    headers: HeaderMap,
    fault: Option<String>,
    speak: fn(&Cell),
    codec: PhantomData<fn() -> C>,
}

impl<C> Accept<C> {
    pub(super) fn new(incoming: Incoming, speak: fn(&Cell)) -> Self {
        let subprotocol = incoming.subprotocol.map(str::to_owned);
        Self { incoming, subprotocol, headers: HeaderMap::new(), fault: None, speak, codec: PhantomData }
    }

    /// Chooses the subprotocol, instead of the endpoint's most preferred one that the client offers. The client
    /// must have offered it: a browser fails the connection otherwise (RFC 6455 section 4.1). A browser also
    /// fails it if it offered subprotocols and none is chosen, so such a browser is refused with 400 and the
    /// rule `subprotocol_refused`.
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if !subprotocol::offered(&self.incoming.parts.headers).any(|one| one == name) {
            self.fault =
                Some(format!("the handler chose the subprotocol `{name}`, which the client did not offer"));
        }
        self.subprotocol = Some(name);
        self
    }

    /// Adds a header to the response, such as `set-cookie`.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(_)) if RESERVED.contains(&name) => {
                self.fault = Some(format!("the header `{name}` is part of the handshake and cannot be set"));
            }
            (Ok(name), Ok(value)) => _ = self.headers.append(name, value),
            (Ok(name), Err(_)) => {
                self.fault = Some(format!("the value of the header `{name}` is not a valid header value"));
            }
            (Err(_), _) => {
                self.fault =
                    Some("the name passed to `Accept::header` is not a valid header name".to_owned());
            }
        }
        self
    }

    async fn open(mut self) -> Result<Socket<C>> {
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
        (self.speak)(&self.incoming.cell);
        let link = Link::new(Arc::clone(&self.incoming.cell));
        self.incoming.decisions.decide(Decision::Accept(self.headers));
        let mut wait = Wait::default();
        poll_fn(|cx| link.poll_open(cx, &mut wait)).await?;
        let Incoming { parts, endpoint, .. } = &self.incoming;
        let client = client(parts, endpoint.settings.limits.trusted_proxies);
        Ok(Socket::new(link, peer(parts), client, self.subprotocol))
    }
}

impl<C: Send + 'static> IntoFuture for Accept<C> {
    type Output = Result<Socket<C>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}
