//! The layers in front of the endpoints of one group.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    routing::{MethodRouter, Route, future::RouteFuture},
};
use tower_service::Service;

use super::Sighting;
use crate::startup_probe;

/// A layer of the user, to be applied to an endpoint.
pub(crate) type EndpointLayer = Arc<dyn Fn(MethodRouter) -> MethodRouter + Send + Sync>;

/// The endpoint with these layers around it. Whatever answers from now on instead of it is one of them.
pub(crate) fn surround_endpoint(endpoint: MethodRouter, layers: &[EndpointLayer]) -> MethodRouter {
    if layers.is_empty() {
        return endpoint;
    }
    let layered = layers.iter().fold(endpoint, |service, layer| layer(service));
    layered.layer(tower_layer::layer_fn(Enter))
}

/// Notes that a request has reached the layers of a group.
#[derive(Clone)]
struct Enter(Route);

impl Service<Request> for Enter {
    type Response = <Route as Service<Request>>::Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if let Some(sighting) = Sighting::of(request.extensions()) {
            sighting.entered_group();
        }
        startup_probe::enter_group(request.extensions());
        self.0.call(request)
    }
}
