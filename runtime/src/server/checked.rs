use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    sync::Arc,
};

use axum::{Router, serve::Listener};
use tokio::net::ToSocketAddrs;

use super::{
    consoled::Console,
    development,
    listen::{self, Schemes},
    mode::{self, Mode},
    moments::Moments,
    run::{self, Config},
    source::Source,
    tls::Tls,
};
use crate::{
    descriptors,
    endpoint::Registered,
    metrics,
    mounted::{Mounted, Settings},
    report,
    shutdown::{self, Drained, Lifecycle, either, never, signal},
    startup::{self, Candidate, Context, Problem, StartupError},
    watchdog::{self, Ending},
};

/// A server that has passed every check: the only type that can listen.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::net::SocketAddr;
///
/// use axum::serve::ListenerExt;
///
/// let checked = sockeye::Server::new().check().await?;
/// for endpoint in checked.endpoints() {
///     println!("{} at {}:{}", endpoint.route(), endpoint.file(), endpoint.line());
/// }
/// let app = checked.into_router().into_make_service_with_connect_info::<SocketAddr>();
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
/// axum::serve(listener, app).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a checked server does nothing until it is served"]
pub struct Checked {
    router: Router,
    pub(super) endpoints: Vec<Arc<Mounted>>,
    pub(super) group: String,
    /// The number of endpoints in each group that another server may serve.
    unserved: BTreeMap<&'static str, usize>,
    pub(super) settings: Settings,
    /// Problems that do not keep it from serving.
    warnings: Vec<Problem>,
    /// Problems that keep Sockeye's own listener from serving, but not another one.
    listener_problems: Vec<Problem>,
    /// The same, for a listener that does not know the addresses of its clients.
    address_problems: Vec<Problem>,
    /// Warnings for a server that becomes a router.
    router_problems: Vec<Problem>,
    lifecycle: Lifecycle,
    moments: Moments,
    console: Option<Console>,
    tls: Option<Tls>,
    /// Whether the program has bound the listener itself.
    bound: bool,
}

impl Checked {
    pub(super) fn new(
        router: Router,
        context: Context,
        mut warnings: Vec<Problem>,
        lifecycle: Lifecycle,
        moments: Moments,
        console: Option<Console>,
        tls: Option<Tls>,
    ) -> Self {
        warnings.sort_by_cached_key(Problem::order);
        let listener_problems = startup::judge_listener(&context);
        let address_problems = startup::judge_listener_without_addresses(&context);
        let router_problems = startup::judge_router(&context);
        let mut unserved = BTreeMap::new();
        for one in &context.elsewhere {
            *unserved.entry(one.group).or_default() += 1;
        }
        let endpoints = context.endpoints.into_iter().map(|Candidate { mounted, .. }| mounted).collect();
        let settings = context.settings;
        Self {
            router,
            endpoints,
            group: context.groups.label(),
            unserved,
            settings,
            warnings,
            listener_problems,
            address_problems,
            router_problems,
            lifecycle,
            moments,
            console,
            tls,
            bound: false,
        }
    }

    /// The endpoints, in the order of their source.
    pub fn endpoints(&self) -> impl ExactSizeIterator<Item = EndpointInfo> + '_ {
        self.endpoints.iter().map(|mounted| EndpointInfo(mounted.registered))
    }

    /// The warnings, which do not keep the server from starting, sorted by file and line. [`Server::allow`] silences one.
    ///
    /// They are printed on standard error when the server is served or becomes a router; [`Server::check`] alone prints
    /// nothing.
    ///
    /// ```
    /// # use sockeye::{Handshake, ws_endpoint};
    /// # /// An endpoint.
    /// # #[ws_endpoint("/ws")]
    /// # async fn endpoint(handshake: Handshake) -> sockeye::Result {
    /// #     let mut socket = handshake.accept().await?;
    /// #     while socket.recv().await?.is_some() {}
    /// #     Ok(())
    /// # }
    /// # async fn example() -> Result<(), sockeye::StartupError> {
    /// let checked = sockeye::Server::new().check().await?;
    /// assert!(checked.warnings().is_empty(), "{:?}", checked.warnings());
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    ///
    /// [`Server::allow`]: crate::Server::allow
    /// [`Server::check`]: crate::Server::check
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The router with every endpoint and your own routes and layers, for your own `axum::serve`.
    ///
    /// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: otherwise the address of a peer is unknown, so the limits
    /// per client do not apply, [`Server::development`](crate::Server::development) lets no page connect, the `Host` of handshakes over loopback is not checked,
    /// the log has no field `peer`, and handlers that take `ConnectInfo` fail with 500. The first handshake without an address is logged at `WARN`.
    ///
    /// It may be nested in your own router, with state of any type: see [`Server::nested`](crate::Server::nested). What is
    /// outside it is not checked: the startup probe does not pass the layers around this router, which are not part of
    /// [`Server::layer`](crate::Server::layer), and handshakes that they answer are not logged. Nor are those for paths without
    /// a route, which axum leaves to the outer router.
    ///
    /// Set `TCP_NODELAY` on accepted connections, as [`serve`](Self::serve) does: otherwise a small message can
    /// wait for the acknowledgement of the previous one, 40 ms on Linux.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::net::SocketAddr;
    ///
    /// use axum::serve::ListenerExt;
    ///
    /// let app = sockeye::Server::new().check().await?.into_router();
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    /// let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    /// axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Limits
    ///
    /// All limits on WebSockets apply here too. Those on other HTTP traffic apply only if Sockeye itself listens:
    ///
    /// - [`Limits::max_http_connections`](crate::Limits::max_http_connections), and the part of
    ///   [`Limits::max_connections_per_client`](crate::Limits::max_connections_per_client) that counts HTTP connections;
    /// - the part of [`Limits::handshake_timeout`](crate::Limits::handshake_timeout) up to the end of a request's head;
    /// - the part of [`Limits::send_timeout`](crate::Limits::send_timeout) that applies to HTTP: responses that are not
    ///   read, and request bodies that do not arrive (`slow_client`);
    /// - [`Limits::max_request_head_size`](crate::Limits::max_request_head_size) (`head_too_large`);
    /// - TLS: `Server::tls` (feature `tls`) has no effect on a router, which is a warning (`unused_tls`);
    /// - the events and counts of what hyper and h2 refuse (`malformed_request`), and of connections that cannot be
    ///   accepted (`accept_failed`);
    /// - file descriptors: the soft limit is not raised, and limits that do not fit are not a startup error;
    /// - the exit of a process that a blocked thread keeps from stopping ([`Watchdog`](crate::Watchdog)).
    ///
    /// `axum::serve` has none of these: a client can connect and send or read nothing forever. Put a proxy with such
    /// limits in front, or let Sockeye listen.
    ///
    /// # The end
    ///
    /// When the future passed to [`Server::shutdown`](crate::Server::shutdown) completes, connections are closed with
    /// 1001. You have to stop the listener yourself, and to wait until the last close frame is sent: see
    /// [`into_router_and_drained`](Self::into_router_and_drained). A task watches the future, so call this inside a
    /// tokio runtime.
    ///
    /// # Ends the process
    ///
    /// With `SOCKEYE_CHECK=1` or `json` in the environment this prints the endpoints, as [`serve`](Self::serve) does,
    /// and exits the process with status 0, because otherwise the program would continue and listen. So call it before
    /// you bind, and in a program with several servers, after the others are checked. A program that must end by itself asks
    /// [`check_only`](Self::check_only) before.
    pub fn into_router(mut self) -> Router {
        self.become_router();
        if let Some(shutdown) = self.moments.shutdown.take() {
            drop(shutdown::after(shutdown, self.lifecycle, self.settings.limits.shutdown_timeout));
        }
        self.router
    }

    /// [`into_router`](Self::into_router), and a future to await before the program ends: `axum::serve` does not wait
    /// for upgraded connections, and a program that exits right after it cuts off WebSockets before they get their
    /// close frame.
    ///
    /// Call it inside a tokio runtime; the future does not complete before the server is told to stop. Draining
    /// begins when the future passed to [`Server::shutdown`](crate::Server::shutdown) completes, or without
    /// one, on Ctrl-C and SIGTERM, as [`serve`](Self::serve) does.
    ///
    /// ```no_run
    /// use std::net::SocketAddr;
    ///
    /// use axum::serve::ListenerExt;
    /// use sockeye::Server;
    ///
    /// async fn stop() {
    ///     let _ = tokio::signal::ctrl_c().await;
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let (router, drained) = Server::new().shutdown(stop()).check().await?.into_router_and_drained();
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    ///     let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    ///     axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
    ///         .with_graceful_shutdown(stop())
    ///         .await?;
    ///     drained.await;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Ends the process
    ///
    /// With `SOCKEYE_CHECK` in the environment, as [`into_router`](Self::into_router) does.
    pub fn into_router_and_drained(mut self) -> (Router, Drained) {
        self.become_router();
        let shutdown = self.moments.shutdown.take().unwrap_or_else(signal);
        (self.router, shutdown::after(shutdown, self.lifecycle, self.settings.limits.shutdown_timeout))
    }

    /// Whether the environment asks only for the check, as with `SOCKEYE_CHECK=1`. If so, its result has been printed when this returns.
    ///
    /// For a program that listens itself, and has to end by itself: without this call, [`into_router`](Self::into_router) ends the
    /// process.
    ///
    /// ```no_run
    /// #[tokio::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let checked = sockeye::Server::new().check().await?;
    ///     if checked.check_only() {
    ///         return Ok(()); // with status 0
    ///     }
    ///     let router = checked.into_router();
    ///     // ..
    ///     # let _ = router;
    ///     Ok(())
    /// }
    /// ```
    #[must_use = "with `true`, the program must not listen"]
    pub fn check_only(&self) -> bool {
        // `Server::check` has reported invalid values of the variable.
        let Ok(mode) = Mode::of_environment() else { return false };
        if mode != Mode::Serve {
            self.print_warnings();
        }
        self.is_answered(mode)
    }

    /// Listens on the address and serves until the server is stopped.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound, or if an endpoint needs a `ConnectInfo` that this listener does not
    /// provide.
    pub async fn serve(mut self, address: impl ToSocketAddrs) -> Result<(), StartupError> {
        let addresses = listen::resolve(address).await;
        // Where only the checks are asked for, the name of the address may not be known.
        self.exposed(addresses.as_ref().ok().and_then(|addresses| development::exposed(addresses)));
        let Some(checked) = self.ready_to_listen()? else { return Ok(()) };
        let bound = match addresses {
            Ok(addresses) => listen::bind(addresses).await,
            Err(problem) => Err(problem),
        };
        let listener = bound.map_err(|problem| StartupError::new(vec![problem], checked.endpoints.len()))?;
        checked.run(listener).await;
        Ok(())
    }

    /// Serves on a listener that is already bound, until the server is stopped: a TCP listener with options of its own or from
    /// systemd, a Unix socket, or anything else that is an [`axum::serve::Listener`].
    ///
    /// The peer's address is known if the listener's addresses are [`SocketAddr`](std::net::SocketAddr)s. A Unix socket has none:
    ///
    /// - [`Handshake::peer`](crate::Handshake::peer) is `None`, and the log has no field `peer`.
    /// - The limits per client apply only behind a proxy that adds `X-Forwarded-For`, with
    ///   [`Limits::trusted_proxies`](crate::Limits::trusted_proxies); otherwise only the totals do.
    /// - It is not regarded as loopback, since browsers reach it through a proxy, with clients from anywhere: the console needs
    ///   `allow_remote`, and a server in development does not start.
    /// - [`on_listen`](crate::Server::on_listen) is not called.
    ///
    /// `TCP_NODELAY` is set on every connection that is a [`TcpStream`](tokio::net::TcpStream). Errors when a connection is accepted are
    /// `accept_failed` if the listener is a `TcpListener` or a `UnixListener`; any other listener logs them itself.
    ///
    /// ```no_run
    /// # #[cfg(unix)]
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let listener = tokio::net::UnixListener::bind("/run/chat.sock")?;
    /// sockeye::Server::new().check().await?.serve_on(listener).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If an endpoint needs a `ConnectInfo` that this listener does not provide, or if a server in
    /// [development](crate::Server::development) would listen on something that is not a loopback address. The listener is bound by
    /// then; a socket file stays.
    pub async fn serve_on(self, listener: impl Listener) -> Result<(), StartupError> {
        self.serve_source(Source::new(listener)).await
    }

    async fn serve_source(mut self, source: Source) -> Result<(), StartupError> {
        self.bound = true;
        if let Source::Other(other) = &source
            && !other.knows_addresses
        {
            self.listener_problems.append(&mut self.address_problems);
        }
        self.exposed(source.place().and_then(|place| development::exposed_at(&place)));
        let Some(checked) = self.ready_to_listen()? else { return Ok(()) };
        match source {
            Source::Tcp(listener) => checked.run(listener).await,
            Source::Other(listener) => checked.run(listener).await,
        }
        Ok(())
    }

    /// Keeps a server in development from listening where this problem is.
    fn exposed(&mut self, problem: Option<Problem>) {
        self.listener_problems.extend(problem.filter(|_| self.settings.development));
    }

    /// `None` if the environment asks only for the check.
    fn ready_to_listen(mut self) -> Result<Option<Self>, StartupError> {
        let mode = Mode::of_environment()?;
        let problems = self.take_listener_problems();
        if !problems.is_empty() {
            return Err(self.refuse(problems, mode));
        }
        self.print_warnings();
        Ok(if self.is_answered(mode) { None } else { Some(self) })
    }

    /// Whether the environment asks only for the check, whose result is then printed.
    fn is_answered(&self, mode: Mode) -> bool {
        match mode {
            Mode::Serve => return false,
            Mode::Table => mode::print(&report::table(&report::Listing {
                endpoints: &self.endpoints,
                server: &self.settings,
                groups: &self.group,
                unserved: &self.unserved,
                warnings: self.warnings.len(),
                console: self.console.as_ref().map(Console::path),
                ending: report::ending(self.bound),
            })),
            Mode::Json => {
                mode::print(&report::json(
                    &self.endpoints,
                    &self.settings,
                    &[],
                    &self.warnings,
                    self.console.as_ref().map(Console::path),
                ));
            }
            #[cfg(feature = "asyncapi")]
            Mode::AsyncApi => mode::print(&self.asyncapi().to_string()),
        }
        true
    }

    /// What a server does before another listener serves its router.
    fn become_router(&mut self) {
        self.warnings.append(&mut self.router_problems);
        self.end_if_only_asked();
        // Behind proxies, clients are told apart by a header.
        if self.settings.limits.trusted_proxies == 0 {
            self.lifecycle.expects_addresses();
        }
        metrics::describe();
        drop(watchdog::watch(&self.lifecycle, self.moments.watchdog, None));
    }

    /// There is no caller to return to: the code that builds the router cannot know that it must not continue.
    fn end_if_only_asked(&self) {
        self.print_warnings();
        // `Server::check` has reported invalid values of the variable.
        if Mode::of_environment().is_ok_and(|mode| self.is_answered(mode)) {
            std::process::exit(0);
        }
    }

    /// On standard error, like startup errors, and that the server is in development mode.
    fn print_warnings(&self) {
        if self.settings.development {
            development::tell();
        }
        let look = report::Look::of(&io::stderr());
        // Standard error may be closed, which is no reason not to serve.
        let _ = io::stderr().write_all(report::each(&self.warnings, look).as_bytes());
    }

    async fn run(self, listener: impl listen::Listen) {
        metrics::describe();
        let Moments { shutdown, listening, ignores_signals, watchdog } = self.moments;
        let limits = self.settings.limits;
        let limit = self.lifecycle.notice.saturating_add(limits.shutdown_timeout);
        let ending = Ending { limit, on_signals: !ignores_signals };
        let signal = if ignores_signals { never } else { signal };
        let shutdown = either(shutdown.unwrap_or_else(never), signal());
        descriptors::raise(&self.settings.limits);
        if let Some(place) = listener.place() {
            let schemes = if self.tls.is_some() { Schemes::TLS } else { Schemes::PLAIN };
            listen::announce(&place, schemes, self.endpoints.len(), self.console.as_ref(), listening);
        }
        let _watched = watchdog::watch(&self.lifecycle, watchdog, Some(ending));
        let config = Config { limits, heartbeat: self.settings.heartbeat, tls: self.tls };
        run::serve(listener, self.router, self.lifecycle, config, shutdown, signal).await;
    }

    /// Serves a test, until it stops the server or the user's shutdown future ends. Signals are left to the test.
    #[cfg(feature = "testing")]
    pub(crate) async fn serve_over(
        self,
        listener: impl listen::Listen,
        stop: impl Future<Output = ()> + Send + 'static,
    ) {
        let asked = self.moments.shutdown.unwrap_or_else(never);
        let shutdown = either(asked, Box::pin(stop));
        let Settings { limits, heartbeat, .. } = self.settings;
        let config = Config { limits, heartbeat, tls: None };
        run::serve(listener, self.router, self.lifecycle, config, shutdown, never).await;
    }

    #[cfg(feature = "testing")]
    pub(crate) fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    #[cfg(feature = "testing")]
    pub(crate) fn limits(&self) -> crate::Limits {
        self.settings.limits
    }

    /// Problems that keep Sockeye's own listener from serving; its warnings are added to the others.
    pub(super) fn take_listener_problems(&mut self) -> Vec<Problem> {
        let (warnings, problems): (Vec<_>, _) =
            std::mem::take(&mut self.listener_problems).into_iter().partition(Problem::is_warning);
        self.warnings.extend(warnings);
        problems
    }

    /// The error for these problems; as JSON if the program asked for JSON.
    pub(super) fn refuse(mut self, mut problems: Vec<Problem>, mode: Mode) -> StartupError {
        problems.append(&mut self.warnings);
        let error = StartupError::new(problems, self.endpoints.len()).on_a_bound_listener(self.bound);
        if mode == Mode::Json {
            mode::print(&report::json(
                &self.endpoints,
                &self.settings,
                error.problems(),
                error.warnings(),
                self.console.as_ref().map(Console::path),
            ));
        }
        error
    }
}

impl std::fmt::Debug for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.endpoints()).finish()
    }
}

/// One endpoint of a [`Checked`] server.
#[derive(Clone, Copy)]
pub struct EndpointInfo(&'static Registered);

impl EndpointInfo {
    /// The route, in axum's syntax.
    pub fn route(&self) -> &'static str {
        self.0.route
    }

    /// Name of the handler.
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// The file of the handler, as the compiler saw it.
    pub fn file(&self) -> &'static str {
        self.0.source.file
    }

    /// The line of the handler's attribute, from 1.
    pub fn line(&self) -> u32 {
        self.0.source.line
    }
}

impl std::fmt::Debug for EndpointInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({}:{})", self.route(), self.name(), self.file(), self.line())
    }
}
