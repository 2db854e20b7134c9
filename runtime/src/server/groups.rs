//! The groups that a server serves: the layers in front of each, and the path that it is mounted under.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::Request,
    response::IntoResponse,
    routing::{MethodRouter, Route},
};
use sockeye_rules::INVALID_OPTION;
use tower_layer::Layer;
use tower_service::Service;

use super::Server;
use crate::{
    endpoint::Registered,
    route::{refused_by_axum, unencoded},
    routing::{EndpointLayer, Paths},
    startup::Problem,
};

/// What the user has called with the name of a group, in the order of the calls.
#[derive(Default)]
pub(crate) struct Groups {
    /// Passed to [`Server::group`].
    chosen: Vec<String>,
    /// Passed to [`Server::layer_for`].
    layers: Vec<(String, EndpointLayer)>,
    /// Passed to [`Server::prefix`].
    prefixes: Vec<(String, String)>,
}

impl Groups {
    /// Whether the server serves the endpoints of a group.
    pub(crate) fn serve(&self, group: &str) -> bool {
        (self.chosen.is_empty() && group.is_empty()) || self.named().any(|name| name == group)
    }

    /// Every group that the program has named, once.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.named().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn named(&self) -> impl Iterator<Item = &str> {
        let layered = self.layers.iter().map(|(group, _)| &**group);
        let mounted = self.prefixes.iter().map(|(group, _)| &**group);
        self.chosen.iter().map(|group| &**group).chain(layered).chain(mounted)
    }

    /// The path that a group is mounted under; empty if there is none, or if it is not valid.
    pub(crate) fn prefix(&self, group: &str) -> &str {
        self.last_prefix(group).filter(|prefix| invalid(prefix).is_none()).unwrap_or_default()
    }

    /// Whether the whole route of the group's endpoints is known.
    pub(crate) fn has_valid_prefix(&self, group: &str) -> bool {
        self.last_prefix(group).is_none_or(|prefix| invalid(prefix).is_none())
    }

    fn last_prefix(&self, group: &str) -> Option<&str> {
        self.prefixes.iter().rev().find(|(of, _)| of == group).map(|(_, prefix)| &**prefix)
    }

    /// The groups in words: empty for the endpoints without a group alone.
    pub(crate) fn label(&self) -> String {
        self.names().into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// The layers of a group, from the inside out.
    pub(crate) fn layers(&self, group: &str) -> Vec<EndpointLayer> {
        let own = self.layers.iter().filter(|(of, _)| of == group);
        own.map(|(_, layer)| Arc::clone(layer)).collect()
    }
}

/// The paths that nothing can be mounted or nested under.
pub(super) fn problems(groups: &Groups, nested: &str) -> Vec<Problem> {
    let prefixes = groups.prefixes.iter().filter_map(|(group, prefix)| {
        let words = invalid(prefix)?;
        Some(problem("prefix", format!("`{prefix}` cannot be the prefix of the group {group:?}: {words}")))
    });
    let nested = Some(nested).filter(|path| !path.is_empty()).and_then(|path| {
        let words = invalid(path)?;
        Some(problem("nested", format!("no router can be nested at `{path}`: {words}")))
    });
    prefixes.chain(nested).collect()
}

fn problem(method: &str, message: String) -> Problem {
    Problem::new(&INVALID_OPTION, message).with_help(format!(
        "pass `.{method}(..)` a path that begins with `/` and does not end with it, such as `/admin` or `/tenants/{{tenant}}`"
    ))
}

fn invalid(prefix: &str) -> Option<String> {
    if let Some(words) = refused_by_axum(prefix) {
        return Some(words.replace("a route", "a prefix"));
    }
    if prefix.ends_with('/') {
        return Some("the routes behind it begin with `/`".to_owned());
    }
    if prefix.contains("{*") {
        return Some("a parameter for the rest of the path leaves none for the routes behind it".to_owned());
    }
    if let Some((text, encoded)) = unencoded(prefix) {
        return Some(format!("a URL cannot contain {text:?}; percent-encoded, it is `{encoded}`"));
    }
    match Paths::default().insert(prefix, ()) {
        Ok(()) => None,
        Err(refused) => Some(refused.to_string()),
    }
}

impl Server {
    /// Serves only the endpoints with `group = "name"`. Without this, the endpoints without a group. A second call adds a group;
    /// `""` is the group of the endpoints without one.
    ///
    /// ```
    /// let admin = sockeye::Server::new().group("admin");
    /// let all = sockeye::Server::new().group("").group("admin");
    /// # let _ = (admin, all);
    /// ```
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.groups.chosen.push(name.into());
        self
    }

    /// A layer in front of the endpoints of one group, as [`Router::route_layer`](axum::Router::route_layer) is in front of some
    /// routes. The server then serves that group beside its others; `""` is the group of the endpoints without one.
    ///
    /// It runs inside the layers of [`layer`](Self::layer), and only for requests to these endpoints. A second call adds a layer,
    /// which wraps the earlier ones. Like those, it is tried at startup with one handshake for each endpoint
    /// (`unreachable_endpoint`), and a handshake that it refuses is one event of the rule `refused_by_layer`; both name the group.
    ///
    /// A group without endpoints is `no_endpoints` at startup.
    ///
    /// ```
    /// use axum::{extract::Request, http::StatusCode, middleware::{Next, from_fn}, response::{IntoResponse, Response}};
    ///
    /// async fn administrators_only(request: Request, next: Next) -> Response {
    ///     if request.headers().contains_key("authorization") {
    ///         next.run(request).await
    ///     } else {
    ///         StatusCode::UNAUTHORIZED.into_response()
    ///     }
    /// }
    ///
    /// // `#[ws_endpoint("/ws/users", group = "admin", guarded)]` is behind it; an endpoint without a group is not.
    /// let server = sockeye::Server::new().layer_for("admin", from_fn(administrators_only));
    /// # let _ = server;
    /// ```
    pub fn layer_for<L>(mut self, group: impl Into<String>, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        let layer: EndpointLayer = Arc::new(move |service: MethodRouter| service.layer(layer.clone()));
        self.groups.layers.push((group.into(), layer));
        self
    }

    /// Mounts the endpoints of one group under a path: with `.prefix("admin", "/admin")`, the endpoint
    /// `#[ws_endpoint("/ws/users", group = "admin")]` has the route `/admin/ws/users`. The server then serves that group beside its
    /// others; `""` is the group of the endpoints without one. A second call for the same group replaces its prefix.
    ///
    /// Parameters of the prefix come before those of the route: with `/tenants/{tenant}` in front of `/ws/rooms/{room}`, a handler
    /// takes `Path((tenant, room)): Path<(String, u64)>`, or a struct with both names. The number of parameters of an endpoint in a
    /// named group is therefore checked at startup (`path_fields`).
    ///
    /// A prefix that does not begin with `/`, ends with it, or has a `{*rest}` is `invalid_option` at startup.
    ///
    /// ```
    /// let server = sockeye::Server::new().prefix("admin", "/admin").prefix("", "/api/v1");
    /// # let _ = server;
    /// ```
    pub fn prefix(mut self, group: impl Into<String>, path: impl Into<String>) -> Self {
        self.groups.prefixes.push((group.into(), path.into()));
        self
    }

    /// The path at which your own router nests [`Checked::into_router`](super::Checked::into_router). A second call replaces the
    /// first.
    ///
    /// axum passes the parameters of that path on, so `Path` is checked against them too, and the table of `SOCKEYE_CHECK`, the
    /// AsyncAPI document and its readers have the whole route. Everything else works without this call. Logs and metrics name an
    /// endpoint by the route of its attribute. An endpoint whose `Path` takes parameters of that path needs a `group`: without one the
    /// compiler counts those of its own route.
    ///
    /// With state of any type, write `.with_state(())`, which makes the router fit:
    ///
    /// ```
    /// use axum::{Router, extract::State, routing::get};
    ///
    /// # async fn example() -> Result<(), sockeye::StartupError> {
    /// let sockets = sockeye::Server::new().nested("/api").check().await?.into_router();
    /// let app: Router = Router::new()
    ///     .route("/", get(async |State(name): State<String>| name))
    ///     .nest("/api", sockets.with_state(()))
    ///     .with_state(String::from("app"));
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// # let _ = example;
    /// ```
    ///
    /// A path that does not begin with `/`, ends with it, or has a `{*rest}` is `invalid_option` at startup.
    pub fn nested(mut self, path: impl Into<String>) -> Self {
        self.nested = path.into();
        self
    }
}

impl std::fmt::Debug for Groups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// The endpoint as it is mounted: its route begins with the prefix of its group.
pub(crate) fn mounted(registered: &'static Registered, prefix: &str) -> &'static Registered {
    if prefix.is_empty() { registered } else { prefixed::of(registered, prefix) }
}

mod prefixed {
    use std::{
        collections::HashMap,
        sync::{Mutex, PoisonError},
    };

    use crate::endpoint::Registered;

    type Prefixed = HashMap<(usize, String), &'static Registered>;

    /// Everything identifies an endpoint by its registration, which is constant data. So is this one: there is one for each
    /// endpoint and prefix of the program, however many servers it checks. Locked only to look up or add, and no user's code runs
    /// meanwhile.
    static ALL: Mutex<Option<Prefixed>> = Mutex::new(None);

    pub(super) fn of(registered: &'static Registered, prefix: &str) -> &'static Registered {
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (std::ptr::from_ref(registered).addr(), prefix.to_owned());
        all.get_or_insert_default().entry(key).or_insert_with(|| {
            let route = format!("{prefix}{}", registered.route);
            Box::leak(Box::new(Registered { route: Box::leak(route.into_boxed_str()), ..*registered }))
        })
    }
}
