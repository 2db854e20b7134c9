//! Which routes stand in each other's way, asked of the router that will serve them.

use std::collections::HashMap;

use axum::Router;

use super::{Candidate, Clash, routes::shape};
use crate::endpoint::Registered;

/// Finds every endpoint whose route cannot be added to the user's routes and the endpoints before it.
pub(super) fn find_clashes(user: &Router, endpoints: &mut [Candidate]) {
    let mut taken = Taken::default();
    for route in user_routes(user) {
        taken.add(&route, Owner::User(route.clone()));
    }
    for endpoint in endpoints {
        let registered = endpoint.registered();
        endpoint.clash = taken.add(registered.route, Owner::Endpoint(registered));
    }
}

#[derive(Default)]
struct Taken {
    router: matchit::Router<()>,
    owners: HashMap<String, Owner>,
}

#[derive(Clone)]
enum Owner {
    User(String),
    Endpoint(&'static Registered),
}

impl Taken {
    fn add(&mut self, route: &str, owner: Owner) -> Option<Clash> {
        if let Some(words) = refused_by_axum(route) {
            return Some(Clash::Router(words.to_owned()));
        }
        let shape = shape(route);
        match self.router.insert(route, ()) {
            Ok(()) => {
                self.owners.insert(shape, owner);
                None
            }
            Err(matchit::InsertError::Conflict { with }) => Some(self.clash(&with, &shape)),
            Err(invalid) => Some(Clash::Router(invalid.to_string())),
        }
    }

    fn clash(&self, with: &str, own: &str) -> Clash {
        let other = shape(with);
        match self.owners.get(&other) {
            Some(Owner::Endpoint(endpoint)) if other == own => Clash::Same(endpoint),
            Some(Owner::Endpoint(endpoint)) => Clash::Overlaps(endpoint),
            Some(Owner::User(route)) => Clash::User(route.clone()),
            None => Clash::User(with.to_owned()),
        }
    }
}

/// What axum refuses before it asks `matchit`, with a panic. The macro refuses it at `cargo check`.
fn refused_by_axum(route: &str) -> Option<&'static str> {
    if !route.starts_with('/') {
        Some("a route begins with `/`")
    } else if route.split('/').any(|segment| segment.starts_with([':', '*'])) {
        Some("a parameter is written `{name}`, the rest of the path `{*rest}`")
    } else {
        None
    }
}

/// The routes of a router. axum has no list of them, but its `Debug` text has.
///
/// Were that text to change, a conflict would be found when the endpoint is mounted, in axum's words (see `mount`).
/// Asking the router with sample paths instead would miss `/a/{id}/b` under a catch-all `/a/{*rest}`.
fn user_routes(user: &Router) -> Vec<String> {
    let text = format!("{user:?}");
    let Some((_, paths)) = text.split_once("node: Node { paths: {") else { return Vec::new() };
    let mut routes = Vec::new();
    let mut rest = paths;
    while let Some((route, tail)) = rest.strip_prefix("RouteId(").and_then(entry) {
        routes.push(route);
        rest = tail.strip_prefix(", ").unwrap_or("");
    }
    routes.sort_unstable();
    routes
}

/// One `3): "/path"`, after its `RouteId(`, and what follows it.
fn entry(text: &str) -> Option<(String, &str)> {
    let (_, quoted) = text.split_once("): \"")?;
    let mut route = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((route, &quoted[at + 1..])),
            '\\' => route.push(characters.next()?.1),
            _ => route.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};

    use super::user_routes;

    #[test]
    fn every_route_of_a_router_is_found() {
        let nested = Router::new().route("/x/{y}", get(async || {})).fallback(async || {});
        let router: Router = Router::new()
            .route("/a/{id}/b", get(async || {}).post(async || {}))
            .route("/quote\"and\\slash/{{brace}}/é", get(async || {}))
            .nest("/api", nested)
            .nest_service("/files", get(async || {}))
            .route_service("/service", get(async || {}))
            .fallback(async || {});
        assert_eq!(
            user_routes(&router),
            [
                "/a/{id}/b",
                "/api/x/{y}",
                "/files",
                "/files/",
                "/files/{*__private__axum_nest_tail_param}",
                "/quote\"and\\slash/{{brace}}/é",
                "/service",
            ],
        );
        assert!(user_routes(&Router::new()).is_empty());
    }
}
