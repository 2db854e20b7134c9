//! Adds the endpoints to the user's router as routes.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use axum::{
    Router,
    routing::{MethodRouter, any_service},
};

use super::{Candidate, Clash, taken::find_clashes, user_router::UserRouter};
use crate::{
    endpoint::Registered,
    handshake::EndpointService,
    routing::{self, Known, Table},
};

/// Adds every endpoint to the user's router, and records why one cannot be added.
///
/// They are added to the user's router rather than merged with it, so that its fallbacks are kept.
pub(crate) fn mount(
    user: Router,
    endpoints: &mut [Candidate],
    elsewhere: &[&'static Registered],
) -> (Router, Known) {
    let read = UserRouter::read(&user);
    find_clashes(&read.routes, endpoints);
    let user = routing::divert(user, shared(endpoints));
    let free = || endpoints.iter().filter(|endpoint| endpoint.clash.is_none() && !endpoint.shares_path);
    let router = match caught(|| free().fold(user.clone(), add)) {
        Ok(router) => router,
        Err(_) => mount_one_by_one(user, endpoints),
    };
    let mounted = endpoints.iter().filter(|endpoint| endpoint.clash.is_none()).map(Candidate::registered);
    let table = Table::new(mounted, read.routes.iter().map(String::as_str), elsewhere);
    (router, Known::new(table, read.has_default_fallback))
}

/// A router with only this endpoint, for one that cannot be added to the user's router.
pub(crate) fn alone(endpoint: &Candidate) -> Option<(Router, Known)> {
    let router = caught(|| add(Router::new(), endpoint)).ok()?;
    let table = Table::new([endpoint.registered()].into_iter(), std::iter::empty(), &[]);
    Some((router, Known::new(table, true)))
}

/// The endpoints with the path of a user's route.
fn shared(endpoints: &[Candidate]) -> HashMap<&'static str, MethodRouter> {
    let shared = endpoints.iter().filter(|endpoint| endpoint.clash.is_none() && endpoint.shares_path);
    shared.map(|endpoint| (endpoint.registered().route, service(endpoint))).collect()
}

/// axum panicked, so the conflict was not predicted: find the route that causes it. Only this needs a copy of the
/// router for each.
fn mount_one_by_one(mut router: Router, endpoints: &mut [Candidate]) -> Router {
    for endpoint in endpoints.iter_mut().filter(|endpoint| endpoint.clash.is_none() && !endpoint.shares_path)
    {
        match caught(|| add(router.clone(), endpoint)) {
            Ok(added) => router = added,
            Err(words) => endpoint.clash = Some(Clash::Router(words)),
        }
    }
    router
}

fn add(router: Router, endpoint: &Candidate) -> Router {
    let route = endpoint.registered().route;
    if endpoint.layers.is_empty() {
        // Not as a `MethodRouter`, which removes the words of a refusal from the response to a HEAD request.
        router.route_service(route, EndpointService::new(endpoint.mounted.clone()))
    } else {
        router.route(route, service(endpoint))
    }
}

/// The endpoint behind the layers of its group.
fn service(endpoint: &Candidate) -> MethodRouter {
    let service = any_service(EndpointService::new(endpoint.mounted.clone()));
    routing::surround_endpoint(service, &endpoint.layers)
}

/// Converts a panic into its message.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| crate::panic::words(panic.as_ref()))
}
