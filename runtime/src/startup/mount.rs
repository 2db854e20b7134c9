//! The endpoints become routes of the user's router.

use std::panic::{AssertUnwindSafe, catch_unwind};

use axum::Router;

use super::{Candidate, Clash, taken::find_clashes};
use crate::handshake::EndpointService;

/// Adds every endpoint that can be added to the user's router, and notes on the others why they cannot.
///
/// They are added to the user's router rather than merged with it, so its fallbacks stay what they are.
pub(crate) fn mount(user: Router, endpoints: &mut [Candidate]) -> Router {
    find_clashes(&user, endpoints);
    let free = || endpoints.iter().filter(|endpoint| endpoint.clash.is_none());
    match caught(|| free().fold(user.clone(), add)) {
        Ok(router) => router,
        Err(_) => mount_one_by_one(user, endpoints),
    }
}

/// axum panicked, so the clash was not foreseen: find out whose it is. Only this costs a copy of the router each.
fn mount_one_by_one(mut router: Router, endpoints: &mut [Candidate]) -> Router {
    for endpoint in endpoints.iter_mut().filter(|endpoint| endpoint.clash.is_none()) {
        match caught(|| add(router.clone(), endpoint)) {
            Ok(added) => router = added,
            Err(words) => endpoint.clash = Some(Clash::Router(words)),
        }
    }
    router
}

fn add(router: Router, endpoint: &Candidate) -> Router {
    router.route_service(endpoint.registered().route, EndpointService::new(endpoint.mounted.clone()))
}

/// The words of a panic in place of the panic.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| crate::panic::words(panic.as_ref()))
}
