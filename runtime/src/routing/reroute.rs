//! Layers can change the path of a request. By then axum has chosen the route, so it is chosen again after the layers.
//!
//! Only requests that would otherwise not be served are moved: a request without a route, and a handshake whose new path
//! is an endpoint's. A request that matched a route of the user stays there, as with axum alone.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::{MatchedPath, OriginalUri, Request},
    response::Response,
    routing::{Route, future::RouteFuture},
};
use http::Extensions;
use tower_layer::Layer;
use tower_service::Service;

use super::{Known, Sighting};

/// The innermost layer.
#[derive(Debug, Clone)]
pub(super) struct RerouteLayer {
    routes: Router,
    known: Arc<Known>,
}

impl RerouteLayer {
    /// `routes` are not wrapped in the server's layers.
    pub(super) fn new(routes: Router, known: Arc<Known>) -> Self {
        // If no route matches the new path either, the request continues where it was.
        let routes = routes.reset_fallback().layer(tower_layer::layer_fn(Restore)).fallback_service(GoOn);
        Self { routes, known }
    }
}

impl Layer<Route> for RerouteLayer {
    type Service = Reroute;

    fn layer(&self, route: Route) -> Reroute {
        Reroute { route, routes: self.routes.clone(), known: Arc::clone(&self.known) }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Reroute {
    route: Route,
    routes: Router,
    known: Arc<Known>,
}

/// The original request, while its new path is looked up: the old path's parameters and matched path must not be added
/// to.
#[derive(Debug, Clone)]
struct Carried {
    extensions: Extensions,
    route: Route,
}

impl Reroute {
    fn is_to_be_moved(&self, request: &Request) -> bool {
        let (extensions, path) = (request.extensions(), request.uri().path());
        if let Some(sighting) = Sighting::of(extensions) {
            sighting.passed_layers();
            if sighting.uri().path() == path {
                return false;
            }
            let endpoint = self.known.table.endpoint_at(path);
            if endpoint.is_some() {
                sighting.rerouted(endpoint);
            }
            endpoint.is_some() || extensions.get::<MatchedPath>().is_none()
        } else {
            extensions.get::<MatchedPath>().is_none()
                && extensions.get::<OriginalUri>().is_some_and(|original| original.path() != path)
        }
    }

    fn moved(&mut self, request: Request) -> RouteFuture<Infallible> {
        let (parts, body) = request.into_parts();
        let mut fresh = Request::new(body);
        *fresh.method_mut() = parts.method;
        *fresh.uri_mut() = parts.uri;
        *fresh.version_mut() = parts.version;
        *fresh.headers_mut() = parts.headers;
        fresh.extensions_mut().insert(Carried { extensions: parts.extensions, route: self.route.clone() });
        self.routes.call(fresh)
    }
}

impl Service<Request> for Reroute {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if self.is_to_be_moved(&request) { self.moved(request) } else { self.route.call(request) }
    }
}

/// A route matched the new path: the extensions that layers have set are restored.
#[derive(Debug, Clone)]
struct Restore(Route);

impl Service<Request> for Restore {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if let Some(Carried { mut extensions, .. }) = request.extensions_mut().remove() {
            let original = extensions.get::<OriginalUri>().cloned();
            extensions.extend(std::mem::take(request.extensions_mut()));
            // The original URI is the one that arrived, even if it was changed several times.
            if let Some(original) = original {
                extensions.insert(original);
            }
            *request.extensions_mut() = extensions;
        }
        self.0.call(request)
    }
}

/// No route matched the new path.
#[derive(Debug, Clone)]
struct GoOn;

impl Service<Request> for GoOn {
    type Response = Response;
    type Error = Infallible;
    type Future = futures_util::future::Either<
        RouteFuture<Infallible>,
        std::future::Ready<Result<Response, Infallible>>,
    >;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        use futures_util::future::Either;
        match request.extensions_mut().remove::<Carried>() {
            Some(Carried { extensions, mut route }) => {
                *request.extensions_mut() = extensions;
                Either::Left(route.call(request))
            }
            // This is never reached without one.
            None => Either::Right(std::future::ready(Ok(axum::response::IntoResponse::into_response(
                http::StatusCode::NOT_FOUND,
            )))),
        }
    }
}
