//! The health route, for load balancers.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use serde::Serialize;

use super::health_checks::{Check, Checked};
use crate::{mounted::Mounted, shutdown::Lifecycle};

/// A route that reports in JSON whether the server accepts connections, with its endpoints, their open
/// connections, and the components that were ready at startup:
///
/// ```json
/// {
///   "status": "running",
///   "connections": 2,
///   "endpoints": [{ "route": "/chat", "handler": "chat", "connections": 2 }],
///   "components": [
///     { "name": "migrations", "ready": "at startup" },
///     { "name": "database", "ready": "yes", "age": 3 }
///   ]
/// }
/// ```
///
/// A component of [`Server::ready`](crate::Server::ready) is not asked again: it may not be ready now. One of
/// [`Server::health_check`](crate::Server::health_check) is: its last answer is `age` seconds old. Why it is not ready is in the log,
/// since everyone can read this. A request causes no check and waits for none. A connection is counted from `accept` until it ends, even if its handler keeps running. The cost of a response does not
/// depend on the number of connections.
///
/// The status is 200 while the server runs, 503 (`"status": "not ready"`) while a component is not ready, and 503 (`"stopping"`) as
/// soon as the server is told to stop. A load balancer then sends new clients elsewhere; do not let it be a reason to restart
/// the program (in Kubernetes: `readinessProbe`, not `livenessProbe`). With a
/// [`notice`](Self::notice) the server keeps accepting connections for that long, so that a load balancer can
/// send clients to another server before the first one is refused.
///
/// Everyone who can reach the server can read it. Your [layers](crate::Server::layer) apply to it.
///
/// ```
/// use std::time::Duration;
/// use sockeye::{Health, Server};
///
/// let server = Server::new().health("/health");
/// let behind_a_balancer = Server::new().health(Health::at("/health").notice(Duration::from_secs(5)));
/// # let _ = (server, behind_a_balancer);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "pass it to `Server::health`"]
pub struct Health {
    pub(super) path: String,
    pub(super) notice: Duration,
}

impl Health {
    /// A health route at this path, without notice.
    pub fn at(path: impl Into<String>) -> Self {
        Self { path: path.into(), notice: Duration::ZERO }
    }

    /// How long the route returns 503 before the server begins to refuse handshakes and to close connections:
    /// longer than the load balancer takes to notice. `Limits::shutdown_timeout` begins after it.
    pub const fn notice(mut self, time: Duration) -> Self {
        self.notice = crate::limits::finite(time);
        self
    }
}

impl From<&str> for Health {
    fn from(path: &str) -> Self {
        Self::at(path)
    }
}

impl From<String> for Health {
    fn from(path: String) -> Self {
        Self::at(path)
    }
}

/// The content of the response is determined for each request.
#[derive(Debug)]
pub(super) struct Witness {
    pub(super) endpoints: Vec<(&'static str, &'static str)>,
    /// Names of the components that were ready when the server started.
    pub(super) components: Vec<String>,
    pub(super) checked: Vec<Checked>,
    pub(super) lifecycle: Lifecycle,
}

#[derive(Serialize)]
struct Report<'a> {
    status: &'static str,
    connections: usize,
    endpoints: Vec<Endpoint>,
    components: Vec<Component<'a>>,
}

/// What is known of a component, and for one that is asked again since how many seconds.
#[derive(Serialize)]
struct Component<'a> {
    name: &'a str,
    ready: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<u64>,
}

#[derive(Serialize)]
struct Endpoint {
    route: &'static str,
    handler: &'static str,
    connections: usize,
}

impl Witness {
    pub(super) fn new<'a>(
        endpoints: impl Iterator<Item = &'a Mounted>,
        components: Vec<String>,
        checks: Vec<Check>,
        lifecycle: Lifecycle,
    ) -> Self {
        let endpoints = endpoints.map(|one| (one.registered.route, one.registered.name)).collect();
        let checked = checks.into_iter().map(|check| Checked::begin(check, &lifecycle)).collect();
        Self { endpoints, components, checked, lifecycle }
    }

    fn answer(&self) -> Response {
        let (status, word) = if self.lifecycle.is_told() {
            (StatusCode::SERVICE_UNAVAILABLE, "stopping")
        } else if self.checked.iter().any(|one| !one.answer().is_ready()) {
            (StatusCode::SERVICE_UNAVAILABLE, "not ready")
        } else {
            (StatusCode::OK, "running")
        };
        let headers = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "application/json")];
        match serde_json::to_vec(&self.report(word)) {
            Ok(body) => (status, headers, body).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }

    fn report(&self, status: &'static str) -> Report<'_> {
        let open = self.lifecycle.connections.open();
        let endpoints = self.endpoints.iter().map(|&(route, handler)| {
            let connections = open.get(route).copied().unwrap_or_default();
            Endpoint { route, handler, connections }
        });
        let once = self.components.iter().map(|name| Component { name, ready: "at startup", age: None });
        let again = self.checked.iter().map(|one| {
            let answer = one.answer();
            let ready = if answer.is_ready() { "yes" } else { "no" };
            Component { name: &one.name, ready, age: Some(answer.age()) }
        });
        Report {
            status,
            connections: open.values().sum(),
            endpoints: endpoints.collect(),
            components: once.chain(again).collect(),
        }
    }
}

/// Adds the route. Panics where axum does, as when the path is taken.
pub(super) fn mount(router: Router, path: &str, witness: Witness) -> Router {
    let witness = Arc::new(witness);
    router.route(path, get(async move || witness.answer()))
}
