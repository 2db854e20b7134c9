//! What the user's router has. axum has no list of it, but its `Debug` text has.

use axum::Router;

/// The router that was given to `Server::router`, as far as it can be read.
pub(super) struct UserRouter {
    pub(super) routes: Vec<String>,
    /// Whether what no route takes is left to axum's own fallback.
    pub(super) has_default_fallback: bool,
}

impl UserRouter {
    pub(super) fn read(router: &Router) -> Self {
        let text = format!("{router:?}");
        // A route may have the same words in it, but stands before.
        let fallback = text.rsplit_once("default_fallback: ");
        let has_default_fallback = fallback.is_some_and(|(_, rest)| rest.starts_with("true"));
        Self { routes: routes(&text), has_default_fallback }
    }
}

/// The routes, from the text of a router.
///
/// Were that text to change, a conflict would be found when the endpoint is mounted, in axum's words (see `mount`).
/// Asking the router with sample paths instead would miss `/a/{id}/b` under a catch-all `/a/{*rest}`.
fn routes(text: &str) -> Vec<String> {
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
