//! The console among the routes of a server.

use std::sync::Arc;

use axum::Router;

use super::{Groups, Server};
pub(super) use crate::Console;
use crate::{
    asyncapi::{AsyncApi, Endpoint},
    console::{self, Desk, Tap},
    endpoint::Registered,
    mounted::Settings,
    route::{refused_by_axum, sample},
    routing::{Paths, Refused},
    shutdown::Lifecycle,
    startup::{self, Candidate, Problem, UserRouter},
};

impl Server {
    /// A page for developers at this path, as `/_sockeye`: it lists the endpoints with the schemas of their messages, opens sockets
    /// to them, and shows connections, refusals and hubs. Only clients on the same machine may use it; see [`Console`].
    ///
    /// When the server listens, it prints the URL of the console. A path that another route has is `conflicting_route` at startup. A
    /// second call replaces the console.
    ///
    /// ```
    /// let server = sockeye::Server::new().console("/_sockeye");
    /// # let _ = server;
    /// ```
    pub fn console(mut self, console: impl Into<Console>) -> Self {
        self.console = Some(console.into());
        self
    }
}

/// What records for the console, if there is one.
pub(super) fn tap(console: Option<&Console>, groups: &Groups) -> Tap {
    let routes = || startup::registered(groups).0.into_iter().map(|one| one.route);
    console.map(|_| Tap::on(routes())).unwrap_or_default()
}

/// The router with the console, if there is one, and where it is; or why it cannot be added.
pub(super) fn with_console(
    router: Router,
    console: Option<&Console>,
    groups: &Groups,
    endpoints: &[Candidate],
    settings: &Settings,
    lifecycle: &Lifecycle,
) -> (Router, Option<Console>, Option<Problem>) {
    let Some(console) = console else { return (router, None, None) };
    let path = console.path.trim_end_matches('/');
    if let Err(problem) = is_free(path, &router, endpoints) {
        return (router, None, Some(problem));
    }
    let described: Vec<Endpoint<'_>> = endpoints.iter().map(|one| (&*one.mounted).into()).collect();
    let document = AsyncApi::new(&groups.label(), settings, &described);
    let registered = endpoints.iter().map(Candidate::registered).collect();
    let desk = Desk::new(console, &document, registered, Arc::clone(&settings.hosts), lifecycle.clone());
    match startup::caught(|| console::mount(router.clone(), path, desk)) {
        Ok(router) => (router, Some(Console { path: path.to_owned(), ..*console }), None),
        Err(words) => {
            let problem = startup::no_place_for_console(path, &Refused::Invalid(words), None);
            (router, None, Some(problem))
        }
    }
}

/// Whether neither a route of the program nor an endpoint overlaps the console.
fn is_free(path: &str, router: &Router, endpoints: &[Candidate]) -> Result<(), Problem> {
    if let Some(words) = invalid(path) {
        let path = if path.is_empty() { "/" } else { path };
        return Err(startup::no_place_for_console(path, &Refused::Invalid(words.to_owned()), None));
    }
    let mut taken: Paths<()> = Paths::default();
    for route in UserRouter::read(router).routes {
        // Two of them can overlap only by their methods.
        let _of_the_program = taken.insert(&route, ());
    }
    for endpoint in endpoints.iter().map(Candidate::registered) {
        let _reported_elsewhere = taken.insert(endpoint.route, ());
    }
    for route in console::routes(path) {
        if let Err(refused) = taken.insert(&route, ()) {
            return Err(startup::no_place_for_console(path, &refused, owner(&refused, endpoints)));
        }
    }
    Ok(())
}

fn invalid(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("a server has other pages at its root");
    }
    if path.contains(['{', '}']) {
        return Some("it has parameters");
    }
    let is_sent =
        || sample(path) == path && path.split('/').skip(1).all(|one| !["", ".", ".."].contains(&one));
    refused_by_axum(path).or_else(|| (!is_sent()).then_some("a browser sends another path for it"))
}

/// The endpoint with the route that is in the way.
fn owner(refused: &Refused, endpoints: &[Candidate]) -> Option<&'static Registered> {
    let Refused::Conflict(route) = refused else { return None };
    endpoints.iter().map(Candidate::registered).find(|one| one.route == route)
}
