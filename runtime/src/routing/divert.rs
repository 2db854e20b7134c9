//! Serves HTTP and WebSocket on one path: a route of the user passes handshakes to the endpoint with the same path.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::Request,
    response::Response,
    routing::{MethodRouter, Route, future::RouteFuture},
};
use tower_layer::Layer;
use tower_service::Service;

use super::Sighting;

/// The endpoints that share the path of a user's route, by that route.
type Shared = Arc<HashMap<&'static str, MethodRouter>>;

/// The user's router, whose routes handle requests to these endpoints that are not handshakes.
pub(crate) fn divert(router: Router, shared: HashMap<&'static str, MethodRouter>) -> Router {
    if shared.is_empty() { router } else { router.layer(DivertLayer(Arc::new(shared))) }
}

#[derive(Clone)]
struct DivertLayer(Shared);

impl Layer<Route> for DivertLayer {
    type Service = Divert;

    fn layer(&self, route: Route) -> Divert {
        Divert { route, shared: Arc::clone(&self.0) }
    }
}

#[derive(Clone)]
struct Divert {
    route: Route,
    shared: Shared,
}

impl Service<Request> for Divert {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // A plain request has no sighting.
        let endpoint = Sighting::of(request.extensions()).and_then(|sighting| sighting.noted().endpoint);
        match endpoint.and_then(|endpoint| self.shared.get(endpoint.route)) {
            Some(endpoint) => endpoint.clone().call(request),
            None => self.route.call(request),
        }
    }
}
