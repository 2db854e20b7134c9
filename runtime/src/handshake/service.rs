//! An endpoint as an axum service: it takes any request to the route.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, response::Response};
use http::{Request, request::Parts};
use hyper::upgrade::OnUpgrade;
use tracing::Instrument as _;

use super::{Arrived, Caller, Decisions, Incoming, negotiate::Negotiation, refusals, request, subprotocol};
use crate::{
    connection::Kept,
    hosts,
    limiter::admit_socket,
    log,
    mounted::{Mounted, Settings},
    refusal::Refusal,
    routing::{Question, Sighting},
    startup_probe,
};

/// One endpoint, mounted.
#[derive(Clone)]
pub(crate) struct EndpointService {
    endpoint: Arc<Mounted>,
}

impl EndpointService {
    pub(crate) fn new(endpoint: Arc<Mounted>) -> Self {
        Self { endpoint }
    }
}

impl tower_service::Service<Request<Body>> for EndpointService {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let endpoint = Arc::clone(&self.endpoint);
        Box::pin(async move { Ok(answer(endpoint, request.into_parts().0).await) })
    }
}

async fn answer(endpoint: Arc<Mounted>, mut parts: Parts) -> Response {
    let sighting = Sighting::take(&mut parts.extensions);
    if let Some(sighting) = &sighting {
        sighting.arrived(endpoint.registered);
    }
    if let Some(arrived) = startup_probe::intercept(&endpoint, &parts) {
        return arrived;
    }
    let caller = Caller::of(&parts, &endpoint.lifecycle.flood);
    if caller.peer.is_none() && endpoint.lifecycle.misses_first_address() {
        log::without_addresses();
    }
    let question = Question::of(&parts);
    let span = log::connection(endpoint.registered.name, caller.peer, caller.client, caller.number);
    async move {
        log::received(&parts);
        let answer = match begin(&endpoint, parts, &caller) {
            Ok(negotiation) => negotiation.run(sighting).await,
            Err(refusal) => {
                if let Some(sighting) = sighting {
                    sighting.answered();
                }
                caller.refuse(&endpoint, *refusal)
            }
        };
        match question {
            Some(question) => question.keep(answer),
            None => answer,
        }
    }
    .instrument(span)
    .await
}

/// The connection that becomes the stream. A request that only asks has none, and needs none.
fn upgrade_of(parts: &mut Parts, caller: &Caller) -> Result<OnUpgrade, Refusal> {
    let upgrade = parts.extensions.remove::<OnUpgrade>();
    if caller.only_asks {
        return Ok(hyper::upgrade::on(Request::new(())));
    }
    upgrade.ok_or_else(refusals::upgrade_lost)
}

/// Passes the request through every check outside of the handler, and calls the handler.
fn begin(endpoint: &Arc<Mounted>, mut parts: Parts, caller: &Caller) -> Result<Negotiation, Box<Refusal>> {
    let opening = request::read(&parts)?;
    if endpoint.lifecycle.is_stopping() {
        return Err(refusals::stopping().into());
    }
    let Settings { origins, hosts, .. } = &endpoint.settings;
    hosts.allow(&parts, origins, endpoint.lifecycle.port()).map_err(hosts::Refused::into_refusal)?;
    let in_development = endpoint.settings.development;
    endpoint.settings.allow_page(&parts).map_err(|refused| refused.into_refusal(in_development))?;
    let subprotocol = subprotocol::negotiate(endpoint.registered.options.subprotocols, &parts.headers)?;
    if subprotocol.is_none() && endpoint.formats.without.is_none() && !caller.only_asks {
        return Err(subprotocol::needed(endpoint.registered.options.subprotocols).into());
    }
    let upgrade = upgrade_of(&mut parts, caller)?;
    let place = admit_socket(&endpoint.lifecycle.counts, &endpoint.settings.limits, &mut parts)?;
    let caller = caller.clone().with_secrets_of(&parts, Some(endpoint.registered));
    let decisions = Arc::new(Decisions::default());
    let cell = Kept::new(endpoint, place);
    let connections = &endpoint.lifecycle.connections;
    let seat = connections.take(endpoint.registered, &caller, cell.share());
    let handler = (endpoint.call)(Incoming::new(Arrived {
        parts,
        number: caller.number,
        subprotocol,
        endpoint: Arc::clone(endpoint),
        decisions: Arc::clone(&decisions),
        cell: cell.share(),
    }));
    let under_way = endpoint.lifecycle.tasks.token();
    let endpoint = Arc::clone(endpoint);
    Ok(Negotiation {
        endpoint,
        caller,
        opening,
        upgrade,
        decisions,
        cell,
        handler,
        seat,
        _under_way: under_way,
    })
}
