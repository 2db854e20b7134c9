use sockeye_rules::CONFLICTING_ROUTE;

use super::{Candidate, Clash, Context, Place, Problem, routes::shape, user_router::nested_service};
use crate::endpoint::Registered;

/// A route that the router cannot hold beside another one.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    problems.extend(context.endpoints.iter().filter_map(conflict));
}

fn conflict(one: &Candidate) -> Option<Problem> {
    let endpoint = one.registered();
    match one.clash.as_ref()? {
        Clash::Same(_) => None,
        Clash::Overlaps(other) => Some(with_endpoint(endpoint, other)),
        Clash::User(route) => Some(with_user_route(endpoint, route)),
        Clash::Router(words) => Some(refused(endpoint, words)),
    }
}

fn with_endpoint(endpoint: &'static Registered, other: &'static Registered) -> Problem {
    let message = format!(
        "the routes of endpoints `{}` and `{}` overlap: `{}` and `{}`",
        other.name, endpoint.name, other.route, endpoint.route
    );
    Problem::new(&CONFLICTING_ROUTE, message)
        .at(Place::route(endpoint, "this route"))
        .at(Place::route(other, "matches the same paths as this one"))
        .with_help(
            "change one of the routes so that it begins with a literal segment that the other does not have",
        )
}

fn with_user_route(endpoint: &'static Registered, route: &str) -> Problem {
    let (name, theirs) = (endpoint.name, described(route));
    let message = format!(
        "the route of endpoint `{name}` conflicts with {theirs} of the router passed to `.router(..)`"
    );
    Problem::new(&CONFLICTING_ROUTE, message)
        .at(Place::route(endpoint, format!("overlaps {theirs}")))
        .with_help(with_user_route_help(endpoint, route))
}

/// Routes of one shape could share their path, were they written alike.
fn with_user_route_help(endpoint: &'static Registered, route: &str) -> String {
    if shape(route) == shape(endpoint.route) {
        return format!(
            "write the axum route as `{}` too: handshakes then go to the endpoint, and all other requests to the axum route",
            endpoint.route
        );
    }
    "change the path of the endpoint or of the axum route, or remove the axum route if the endpoint replaces it"
        .to_owned()
}

fn described(route: &str) -> String {
    match nested_service(route) {
        Some(prefix) => format!("the service nested at `{prefix}`"),
        None => format!("the route `{route}`"),
    }
}

/// The path of the health route is taken by one of the user's own, or is none.
pub(crate) fn no_place_for_health(path: &str, words: &str) -> Problem {
    let message =
        format!("the health route `{path}` cannot be added to the router passed to `.router(..)`: {words}");
    Problem::new(&CONFLICTING_ROUTE, message)
        .with_help("pass `.health(..)` a path that begins with `/` and that no other route has")
}

fn refused(endpoint: &'static Registered, words: &str) -> Problem {
    Problem::new(&CONFLICTING_ROUTE, format!("the router refuses the route of endpoint `{}`", endpoint.name))
        .at(Place::route(endpoint, words))
        .with_help("change the route of the endpoint")
}
