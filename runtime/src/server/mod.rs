//! The server: its configuration, its check, and the checked server.

mod beginning;
mod checked;
#[cfg(feature = "console")]
mod consoled;
#[cfg(not(feature = "console"))]
#[path = "no_console.rs"]
mod consoled;
#[cfg_attr(not(feature = "http2"), allow(dead_code, reason = "only HTTP/2 has streams"))]
mod delivery;
#[cfg(feature = "asyncapi")]
mod described;
mod development;
mod door;
mod faults;
mod frames;
mod groups;
mod health;
mod health_checks;
mod listen;
mod mode;
mod moments;
mod no_http2;
mod owed;
mod pace;
mod place;
mod protocols;
mod refused;
mod run;
mod source;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
mod visit;
mod watched;
mod wire;

pub use checked::{Checked, EndpointInfo};
pub(crate) use development::is_local_page;
pub(crate) use groups::{Groups, mounted};
pub use health::Health;
#[cfg(feature = "testing")]
pub(crate) use listen::Listen;
pub(crate) use source::Transport;
pub(crate) use wire::transport;

use std::{any::type_name, convert::Infallible, future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::IntoResponse, routing::Route};
use tokio::net::ToSocketAddrs;
use tower_layer::Layer;
use tower_service::Service;

use self::{health::Witness, health_checks::Check, mode::Mode, moments::Moments};
use crate::{
    Connections, Heartbeat, Limits, Origins, Ready, Watchdog,
    connection::Registry,
    descriptors,
    hosts::Hosts,
    mounted::Settings,
    routing::{self, Surround},
    shutdown::Lifecycle,
    startup::{self, Allowance, Component, Context, Problem, StartupError},
    startup_probe,
    state::States,
};

/// The default time for a component to become ready.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server with every endpoint of the program.
///
/// Endpoints do not have to be listed: `#[ws_endpoint]` registers them. The server checks all of them together
/// and listens only when every check has passed.
///
/// ```no_run
/// use sockeye::{Server, StartupError};
///
/// #[tokio::main]
/// async fn main() -> Result<(), StartupError> {
///     Server::new().state(String::from("shared by all handlers")).serve("127.0.0.1:3000").await
/// }
/// ```
#[must_use = "a server does nothing until it is served or checked"]
pub struct Server {
    states: States,
    given: Vec<&'static str>,
    connections: Registry,
    origins: Origins,
    hosts: Hosts,
    limits: Limits,
    heartbeat: Heartbeat,
    router: Option<Router>,
    layers: Vec<Surround>,
    groups: Groups,
    nested: String,
    development: Option<bool>,
    expected: Vec<String>,
    allowed: Vec<Allowance>,
    components: Vec<Component>,
    checks: Vec<Check>,
    health: Option<Health>,
    console: Option<consoled::Console>,
    tls: Option<tls::Tls>,
    moments: Moments,
}

impl Server {
    /// A server with the defaults: only pages of its own origin, [`Limits::new`], a ping after 30 s of silence, and
    /// every endpoint that names no group.
    pub fn new() -> Self {
        Self {
            states: States::default(),
            given: Vec::new(),
            connections: Registry::default(),
            origins: Origins::default(),
            hosts: Hosts::default(),
            limits: Limits::default(),
            heartbeat: Heartbeat::default(),
            router: None,
            layers: Vec::new(),
            groups: Groups::default(),
            nested: String::new(),
            development: None,
            expected: Vec::new(),
            allowed: Vec::new(),
            components: Vec::new(),
            checks: Vec::new(),
            health: None,
            console: None,
            tls: None,
            moments: Moments::default(),
        }
    }

    /// A value that handlers take as `State<T>`. There is one of each type: a second call with the same type replaces
    /// the value.
    ///
    /// ```
    /// use std::sync::Arc;
    /// # struct Rooms;
    /// let server = sockeye::Server::new().state(Arc::new(Rooms)).state(42_u32);
    /// # let _ = server;
    /// ```
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.states.insert(value);
        self.given.push(type_name::<T>());
        self
    }

    /// The open connections of this server, for the rest of the program: an HTTP route that logs a user out, a page for operators. Handlers take it
    /// as `State<Connections>` without further ado.
    ///
    /// ```
    /// use sockeye::{CloseCode, Server};
    ///
    /// let server = Server::new();
    /// let connections = server.connections();
    /// let log_out = move |user: &str| connections.close_all_of(user, CloseCode::UNAUTHORIZED, "logged out");
    /// assert_eq!(log_out("user-7"), 0);
    /// ```
    pub fn connections(&self) -> Connections {
        Connections::new(&self.connections)
    }

    /// The pages that browsers may connect from, for endpoints without an `origins` option of their own. A second
    /// call replaces the first.
    ///
    /// ```
    /// use sockeye::{Origins, Server};
    /// let server = Server::new().origins(Origins::list(["https://app.example.com"]));
    /// # let _ = server;
    /// ```
    pub fn origins(mut self, origins: Origins) -> Self {
        self.origins = origins;
        self
    }

    /// The URL at which clients reach the server: scheme, host, and the port if it is not the default of the
    /// scheme.
    ///
    /// Set it behind a proxy, or if a layer checks the host or the scheme of requests: the startup probe uses
    /// this host, with `X-Forwarded-Proto` and `X-Forwarded-Host` as a proxy sets them. Pages of this origin
    /// count as same origin, even if the proxy does not pass `Host` on.
    ///
    /// An invalid URL is `invalid_host` at startup. A server has one public URL: a second call replaces it. Further
    /// names go to [`hosts`](Self::hosts), and their pages to [`origins`](Self::origins).
    ///
    /// ```
    /// let server = sockeye::Server::new().public_url("https://app.example.com");
    /// # let _ = server;
    /// ```
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.hosts.set_public_url(url.into());
        self
    }

    /// The hosts that the server serves, without ports: names, addresses, or `*.example.com` for every host one
    /// level below. A WebSocket for any other host is refused with status 421 (`host_refused`); addresses,
    /// names of loopback and the host of [`public_url`](Self::public_url) are always allowed. A second call
    /// adds to the first.
    ///
    /// Set it if the server is reachable in a private network, where a page of any site can appear as same
    /// origin (DNS rebinding). Without it, such a page is refused only if it connects directly over the
    /// loopback interface.
    ///
    /// An invalid host is `invalid_host` at startup.
    ///
    /// ```
    /// let server = sockeye::Server::new().hosts(["nas.home.arpa", "*.tenants.example.com"]);
    /// # let _ = server;
    /// ```
    pub fn hosts<I>(mut self, hosts: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.hosts.list(hosts.into_iter().map(Into::into));
        self
    }

    /// The limits, for endpoints without options of their own. A second call replaces all of them.
    ///
    /// ```
    /// use sockeye::{Limits, Server};
    /// let server = Server::new().limits(Limits::new().max_message_size(1024 * 1024));
    /// # let _ = server;
    /// ```
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The heartbeat, for endpoints without a `heartbeat` option of their own. A second call replaces it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sockeye::{Heartbeat, Server};
    /// let server = Server::new().heartbeat(Heartbeat::every(Duration::from_secs(15)));
    /// # let _ = server;
    /// ```
    pub fn heartbeat(mut self, heartbeat: Heartbeat) -> Self {
        self.heartbeat = heartbeat;
        self
    }

    /// An axum router to serve along with the endpoints. Its routes, layers and fallback stay as they are; its
    /// layers do not apply to the endpoints (see [`layer`](Self::layer)). A second call replaces the router: join
    /// routers with [`Router::merge`] first.
    ///
    /// A route with exactly the path of an endpoint shares it: handshakes go to the endpoint, all other
    /// requests to the route. A route that overlaps an endpoint in any other way is `conflicting_route` at
    /// startup.
    ///
    /// A handshake for a path without an endpoint gets the response of the router's route or fallback, and one
    /// event of the rule `unknown_route`. If nothing in the router answers, that rule also explains the 404 to
    /// the client.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// let pages = Router::new().route("/health", get(async || "ok"));
    /// let server = sockeye::Server::new().router(pages);
    /// # let _ = server;
    /// ```
    pub fn router(mut self, router: Router) -> Self {
        self.router = Some(router);
        self
    }

    /// A layer around everything: every endpoint and the router passed to [`router`](Self::router), in whatever
    /// order they are called. A second call adds a layer, which wraps the earlier ones.
    ///
    /// It is tried at startup with one handshake for each endpoint (the startup probe). A layer that refuses it
    /// is `unreachable_endpoint`, unless the endpoint is `guarded`. At run time, a handshake that the layer
    /// answers instead of the endpoint is one event of the rule `refused_by_layer`.
    ///
    /// It runs after routing, as with [`Router::layer`], so it can read axum's `MatchedPath`. It can still
    /// change the path, as `NormalizePathLayer` of tower-http does: a request without a matching route, and a
    /// handshake whose new path is that of an endpoint, are routed again after the layers. A request that
    /// matched a route of the router stays there. Layers see the `MatchedPath` of the original path, handlers
    /// that of the new one.
    ///
    /// ```
    /// use axum::Extension;
    /// let server = sockeye::Server::new().layer(Extension("for every request"));
    /// # let _ = server;
    /// ```
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.layers.push(Box::new(move |router| router.layer(layer.clone())));
        self
    }

    /// Routes that must exist. The linker drops a library crate that the program does not mention, including its
    /// endpoints; with this call that is a startup error (`missing_endpoint`). A second call adds to the first.
    ///
    /// ```
    /// let server = sockeye::Server::new().expect(["/ws/chat", "/ws/logs/{id}"]);
    /// # let _ = server;
    /// ```
    pub fn expect<I>(mut self, routes: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.expected.extend(routes.into_iter().map(Into::into));
        self
    }

    /// Allows a startup rule for the whole program, with a reason: a warning, or an error that can be allowed. If the
    /// rule concerns one endpoint, you can write `allow(rule, reason = "..")` in its attribute instead.
    ///
    /// A second call adds to the first. A name that is not a startup rule, a rule that cannot be allowed, or an empty reason is `invalid_option`
    /// at startup. A rule that reports nothing can be allowed, since what it checks may depend on the
    /// environment.
    ///
    /// ```
    /// # async fn example() {
    /// let server = sockeye::Server::new().allow("uncoverd_endpoint", "handlers take a token");
    /// let error = server.check().await.unwrap_err();
    /// assert!(error.problems().iter().any(|one| one.help() == Some("did you mean `uncovered_endpoint`?")));
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example());
    /// ```
    pub fn allow(mut self, rule: impl Into<String>, reason: impl Into<String>) -> Self {
        self.allowed.push(Allowance { rule: rule.into(), reason: reason.into() });
        self
    }

    /// A component that must work before the server listens: an async closure that checks it, or a type that
    /// implements [`Ready`]. All are checked at once, each for at most 10 s; one that fails is
    /// `component_not_ready`, with its own error. A second call adds a component.
    ///
    /// ```
    /// # async fn ping() -> std::io::Result<()> { Ok(()) }
    /// let server = sockeye::Server::new().ready("database", async || ping().await);
    /// # let _ = server;
    /// ```
    pub fn ready(self, name: impl Into<String>, component: impl Ready) -> Self {
        self.ready_within(name, PATIENCE, component)
    }

    /// [`ready`](Self::ready), with a time of its own. A second call adds a component.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # async fn load() -> std::io::Result<()> { Ok(()) }
    /// let server = sockeye::Server::new().ready_within("model", Duration::from_secs(120), async || load().await);
    /// # let _ = server;
    /// ```
    pub fn ready_within(mut self, name: impl Into<String>, time: Duration, component: impl Ready) -> Self {
        self.components.push(Component::new(name.into(), time, component));
        self
    }

    /// A component that must work before the server listens, as with [`ready`](Self::ready), and that is asked again while the server
    /// runs: 5 s after each answer, in the background, for at most 10 s. While it is not ready, the [health route](Self::health)
    /// answers 503. The first failure is one event in the log, with its cause, and so is its end. A second call adds a component.
    ///
    /// It is not for what runs once, such as a migration: pass that to [`ready`](Self::ready). Without a health route it is asked at
    /// startup only.
    ///
    /// ```
    /// # #[derive(Clone)] struct Pool;
    /// # impl Pool { async fn ping(&self) -> std::io::Result<()> { Ok(()) } }
    /// # let pool = Pool;
    /// let database = pool.clone();
    /// let server = sockeye::Server::new()
    ///     .health_check("database", async move || database.clone().ping().await)
    ///     .health("/health");
    /// # let _ = server;
    /// ```
    pub fn health_check(mut self, name: impl Into<String>, component: impl Ready + Clone) -> Self {
        self.checks.push(Check::new(name.into(), PATIENCE, component));
        self
    }

    /// A route for the health checks of load balancers: 200 and JSON, or 503 as soon as the server is told to
    /// stop. See [`Health`] for its contents and the notice time.
    ///
    /// A path that another route has is `conflicting_route` at startup. A second call replaces the route.
    ///
    /// ```
    /// let server = sockeye::Server::new().health("/health");
    /// # let _ = server;
    /// ```
    pub fn health(mut self, health: impl Into<Health>) -> Self {
        self.health = Some(health.into());
        self
    }

    /// Stops the server when this future completes, as Ctrl-C, SIGTERM and SIGHUP do: new handshakes get status 503, every open
    /// connection is closed with code 1001, and handlers have [`Limits::shutdown_timeout`] to end. Whatever is left then is cut
    /// off, including handlers. With [`Health::notice`] all of this begins after the notice.
    ///
    /// A second call adds a future: whichever ends first stops the server.
    ///
    /// ```
    /// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    /// let server = sockeye::Server::new().shutdown(async { drop(stopped.await) });
    /// # let _ = (server, stop);
    /// ```
    pub fn shutdown(mut self, future: impl Future<Output = ()> + Send + 'static) -> Self {
        self.moments.stop_on(Box::pin(future));
        self
    }

    /// Whether Ctrl-C, SIGTERM and SIGHUP stop the server, which is the default. With `false`, only the future
    /// passed to [`shutdown`](Self::shutdown) does. A second call replaces the first.
    ///
    /// It applies to [`serve`](Self::serve) and [`Checked::serve_on`]. While such a server runs, it handles the
    /// signals; a second one cuts the shutdown short. After it has ended, a signal that the program did not
    /// handle before terminates the process again, as it would without Sockeye (on Linux; elsewhere it has no
    /// effect then). SIGHUP is not handled if the program was started to ignore it, as under `nohup`, nor on
    /// platforms other than Linux.
    ///
    /// ```
    /// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    /// let server = sockeye::Server::new().signals(false).shutdown(async { drop(stopped.await) });
    /// # let _ = (server, stop);
    /// ```
    pub fn signals(mut self, stop: bool) -> Self {
        self.moments.ignores_signals = !stop;
        self
    }

    /// What happens when a handler blocks a thread of the runtime: by default it is logged after 1 s
    /// (`blocked_thread`), and the process exits if the handler keeps the server from stopping in time. See
    /// [`Watchdog`]. A second call replaces it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sockeye::{Server, Watchdog};
    /// let server = Server::new().watchdog(Watchdog::after(Duration::from_millis(200)));
    /// # let _ = server;
    /// ```
    pub fn watchdog(mut self, watchdog: Watchdog) -> Self {
        self.moments.watchdog = watchdog;
        self
    }

    /// Called with the address once the server listens, before the first client is accepted. The address has
    /// the actual port even if port 0 was requested; the function is not called if startup fails or
    /// `SOCKEYE_CHECK` is set.
    ///
    /// A second call replaces the function. It is not called if the listener has no such address, as a Unix
    /// socket, or if Sockeye does not listen itself, which is the case after [`Checked::into_router`] and in a test client.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::StartupError> {
    /// let server = sockeye::Server::new().on_listen(|address| println!("open http://{address}"));
    /// server.serve("127.0.0.1:0").await
    /// # }
    /// ```
    pub fn on_listen(mut self, tell: impl FnOnce(SocketAddr) + Send + 'static) -> Self {
        self.moments.listening = Some(Box::new(tell));
        self
    }

    /// Serves `wss://` and `https://` on the port, without a proxy in front. Needs the feature `tls`.
    ///
    /// HTTP/1.1 and HTTP/2 are offered by ALPN (RFC 7301), unless `alpn_protocols` has one of them. Certificates can be renewed while the
    /// server runs: give the configuration a `ResolvesServerCert`, which is asked at each handshake, and must not block.
    /// [`rustls`](crate::rustls) is the version that this crate uses. A second call replaces the first.
    ///
    /// - A client has [`Limits::handshake_timeout`] for the TLS handshake, and again for its first request. Its connection counts towards
    ///   [`Limits::max_http_connections`] from the start; beyond that limit a connection is closed without a response.
    /// - A request without TLS gets status 400 (`plain_http`). A failed handshake is `tls_failed` in the log.
    /// - 0-RTT is off whatever `max_early_data_size` is: anyone could send a request again (RFC 8446, section 8).
    /// - If `SOCKEYE_CHECK` is set, the certificate is not used.
    ///
    /// It applies to [`serve`](Self::serve) and [`Checked::serve_on`]; [`Checked::into_router`] (which warns: `unused_tls`) and `TestServer` ignore it. Pages are
    /// told apart by their `Origin`: set [`public_url`](Self::public_url) to the `https://` address if a layer checks the scheme.
    ///
    /// ```no_run
    /// use sockeye::{
    ///     Server,
    ///     rustls::{
    ///         ServerConfig,
    ///         pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    ///     },
    /// };
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let chain = CertificateDer::pem_file_iter("fullchain.pem")?.collect::<Result<_, _>>()?;
    ///     let key = PrivateKeyDer::from_pem_file("privkey.pem")?;
    ///     let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    ///     Server::new().tls(config).serve("0.0.0.0:443").await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Panics
    ///
    /// This method does not, but `ServerConfig::builder` does if the program is built with several cryptography providers of rustls and
    /// none is the default: call `CryptoProvider::install_default`, or `builder_with_provider`.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls(mut self, config: crate::rustls::ServerConfig) -> Self {
        self.tls = Some(tls::Tls::new(config));
        self
    }

    /// Runs every startup rule on every endpoint. No port is opened, no handler runs.
    ///
    /// A unit test with this call finds in CI whatever would keep the server from starting:
    ///
    /// ```
    /// # async fn example() {
    /// let result = sockeye::Server::new().expect(["/ws/forgotten"]).check().await;
    /// assert_eq!(result.unwrap_err().problems()[0].rule(), "missing_endpoint");
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example());
    /// ```
    ///
    /// # Errors
    ///
    /// Every problem of every endpoint.
    pub async fn check(self) -> Result<Checked, StartupError> {
        let mode = Mode::of_environment()?;
        let (checked, problems) = self.inspect().await;
        if problems.is_empty() { Ok(checked) } else { Err(checked.refuse(problems, mode)) }
    }

    /// Runs [`check`](Self::check), listens, and serves until the server is stopped.
    ///
    /// When it listens, it prints one line on standard error. With `SOCKEYE_CHECK=1` in the environment it
    /// prints the table of endpoints on standard output and returns without listening; with
    /// `SOCKEYE_CHECK=json` it prints JSON.
    ///
    /// # Errors
    ///
    /// Every problem of every endpoint, or that the address cannot be bound.
    pub async fn serve(self, address: impl ToSocketAddrs) -> Result<(), StartupError> {
        let mode = Mode::of_environment()?;
        let (mut checked, mut problems) = self.inspect().await;
        if problems.is_empty() {
            return checked.serve(address).await;
        }
        problems.append(&mut checked.take_listener_problems());
        Err(checked.refuse(problems, mode))
    }

    /// [`check`](Self::check) for our own listener: the problems are the ones that [`serve`](Self::serve) would report.
    #[cfg(feature = "testing")]
    pub(crate) async fn check_to_listen(self) -> Result<Checked, StartupError> {
        let (mut checked, mut problems) = self.inspect().await;
        problems.append(&mut checked.take_listener_problems());
        if problems.is_empty() { Ok(checked) } else { Err(checked.refuse(problems, Mode::Serve)) }
    }

    /// The whole check: collects the endpoints, mounts them beside the user's routes, probes them through the user's
    /// layers, and runs the rules.
    async fn inspect(mut self) -> (Checked, Vec<Problem>) {
        let notice = self.health.as_ref().map(|health| health.notice).unwrap_or_default();
        let tap = consoled::tap(self.console.as_ref(), &self.groups);
        let development = self.is_development();
        self.states.insert_default(Connections::new(&self.connections));
        let lifecycle = Lifecycle::new(notice, self.limits.trusted_proxies, tap, self.connections);
        let (origins, hosts) = (Arc::new(self.origins), Arc::new(self.hosts));
        let written = self.limits;
        let (limits, descriptors) = descriptors::fit(written);
        let settings = Settings {
            origins,
            hosts,
            limits,
            heartbeat: self.heartbeat,
            tls: self.tls.is_some(),
            development,
            nested: self.nested.as_str().into(),
            heartbeat_message: None,
        };
        let states = Arc::new(self.states);
        let names = self.components.iter().map(|component| component.name().to_owned()).collect();
        let asked_again = self.checks.iter().map(Check::component);
        let components = startup::ask(self.components.into_iter().chain(asked_again).collect());
        let (mut endpoints, elsewhere) = startup::collect(&self.groups, &settings, &states, &lifecycle);
        let mounted = endpoints.iter().map(|endpoint| &*endpoint.mounted);
        let witness = || Witness::new(mounted, names, self.checks, lifecycle.clone());
        let (router, unhealthy) =
            with_health(self.router.clone().unwrap_or_default(), self.health.as_ref(), witness);
        let (router, console, misplaced) = consoled::with_console(
            router,
            self.console.as_ref(),
            &self.groups,
            &endpoints,
            &settings,
            &lifecycle,
        );
        let (router, known) = startup::mount(router, &mut endpoints, &elsewhere);
        let surround =
            |router, known| routing::surround(router, &self.layers, known, Arc::clone(&lifecycle.flood));
        let router = surround(router, known);
        startup_probe::ask_all(&router, &mut endpoints).await;
        let alone = |one: &_| startup::alone(one).map(|(router, known)| surround(router, known));
        startup_probe::ask_left_out(alone, &mut endpoints).await;
        startup_probe::ask_users_router(self.router.as_ref(), &settings.hosts, &mut endpoints).await;
        let unready = components.unready().await;
        let misnamed = groups::problems(&self.groups, &self.nested);
        let unknown_environment = development::problem(self.development);
        let (groups, expected, given, allowed) = (self.groups, self.expected, self.given, self.allowed);
        let context = Context {
            groups,
            endpoints,
            elsewhere,
            expected,
            given,
            unready,
            allowed,
            descriptors,
            written,
            settings,
        };
        let mut problems = startup::judge(&context);
        problems.extend(unhealthy);
        problems.extend(misplaced);
        problems.extend(misnamed);
        problems.extend(unknown_environment);
        let (warnings, problems) = problems.into_iter().partition(Problem::is_warning);
        (Checked::new(router, context, warnings, lifecycle, self.moments, console, self.tls), problems)
    }
}

/// The user's router with the health route, if there is one and its path is free.
fn with_health(
    router: Router,
    health: Option<&Health>,
    witness: impl FnOnce() -> Witness,
) -> (Router, Option<Problem>) {
    let Some(Health { path, .. }) = health else { return (router, None) };
    match startup::caught(|| health::mount(router.clone(), path, witness())) {
        Ok(router) => (router, None),
        Err(words) => (router, Some(startup::no_place_for_health(path, &words))),
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("groups", &self.groups)
            .field("states", &self.given)
            .field("origins", &self.origins)
            .field("limits", &self.limits)
            .field("heartbeat", &self.heartbeat)
            .finish_non_exhaustive()
    }
}
