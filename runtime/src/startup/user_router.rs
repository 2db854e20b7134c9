//! The routes of the user's router. axum has no list of them, but they are in its `Debug` output, which only this file
//! reads.

use std::collections::HashSet;

use axum::Router;

/// The router that was given to `Server::router`, as far as it can be parsed.
pub(crate) struct UserRouter {
    pub(crate) routes: Vec<String>,
    /// The routes that answer an unknown method without calling a handler.
    pub(crate) choosy: HashSet<String>,
    /// Whether requests without a route go to axum's own fallback.
    pub(crate) has_default_fallback: bool,
}

impl UserRouter {
    pub(crate) fn read(router: &Router) -> Self {
        let text = format!("{router:?}");
        // A route may contain the same text, but precedes it.
        let fallback = text.rsplit_once("default_fallback: ");
        let has_default_fallback = fallback.is_some_and(|(_, rest)| rest.starts_with("true"));
        let (all, choosy) = routes(&text);
        Self { routes: all, choosy, has_default_fallback }
    }

    /// Whether all of its routes answer an unknown method without a handler.
    pub(crate) fn is_choosy(&self) -> bool {
        self.routes.len() == self.choosy.len()
    }
}

/// The prefix of a nested service: axum adds a parameter for the rest, which users never write.
pub(crate) fn nested_service(route: &str) -> Option<&str> {
    let (prefix, _) = route.split_once("{*__private__axum")?;
    Some(prefix.trim_end_matches('/'))
}

/// The routes, and those that answer an unknown method, from a router's `Debug` output.
///
/// If that output changed, a conflict would be found when the endpoint is mounted, in axum's words (see `mount`), and no
/// router would be probed for its layers. Probing the router with sample paths instead would miss `/a/{id}/b` under a
/// catch-all `/a/{*rest}`.
fn routes(text: &str) -> (Vec<String>, HashSet<String>) {
    let Some((services, paths)) = text.split_once("node: Node { paths: {") else { return Default::default() };
    let choosy_ids: HashSet<&str> = services.split("RouteId(").skip(1).filter_map(choosy).collect();
    let (mut routes, mut choosy) = (Vec::new(), HashSet::new());
    let mut rest = paths;
    while let Some((id, route, tail)) = rest.strip_prefix("RouteId(").and_then(entry) {
        if choosy_ids.contains(id) {
            choosy.insert(route.clone());
        }
        routes.push(route);
        rest = tail.strip_prefix(", ").unwrap_or("");
    }
    routes.sort_unstable();
    (routes, choosy)
}

/// The id of a route that accepts only some methods, from `3): MethodRouter(.., allow_header: Bytes(..`. A route of `any(..)`
/// has `Skip` there, and a service has nothing.
fn choosy(text: &str) -> Option<&str> {
    let (id, service) = text.split_once("): MethodRouter(")?;
    service.contains("allow_header: Bytes(").then_some(id)
}

/// One `3): "/path"` after its `RouteId(`: its id, its path, and the rest.
fn entry(text: &str) -> Option<(&str, String, &str)> {
    let (id, quoted) = text.split_once("): \"")?;
    let mut route = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((id, route, &quoted[at + 1..])),
            '\\' => route.push(characters.next()?.1),
            _ => route.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        routing::{any, get, post},
    };

    use super::UserRouter;

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
            UserRouter::read(&router).routes,
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
        assert!(UserRouter::read(&Router::new()).routes.is_empty());
    }

    #[test]
    fn it_is_known_whose_handlers_take_any_method() {
        let choosy = |router: Router| {
            let read = UserRouter::read(&router);
            let mut choosy: Vec<String> = read.choosy.iter().cloned().collect();
            choosy.sort_unstable();
            (choosy.join(" "), read.is_choosy())
        };
        let page = || get(async || {});
        assert_eq!(choosy(Router::new().fallback(async || {})), (String::new(), true));
        let some =
            Router::new().route("/any", any(async || {})).route("/a", page()).route("/b", post(async || {}));
        assert_eq!(choosy(some), ("/a /b".to_owned(), false));
        let nested = Router::new().nest("/api", Router::new().route("/x", page()));
        assert_eq!(choosy(nested), ("/api/x".to_owned(), true));
        assert_eq!(choosy(Router::new().nest_service("/files", page())), (String::new(), false));
    }

    #[test]
    fn a_fallback_is_noticed() {
        let page = || get(async || {});
        assert!(UserRouter::read(&Router::new()).has_default_fallback);
        assert!(
            UserRouter::read(&Router::new().route("/default_fallback: false", page())).has_default_fallback
        );
        assert!(
            !UserRouter::read(&Router::new().route("/", page()).fallback(async || {})).has_default_fallback
        );
        assert!(!UserRouter::read(&Router::new().fallback_service(page())).has_default_fallback);
    }
}
