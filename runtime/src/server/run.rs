//! Accepts connections until the server is told to stop, then waits for the open ones.

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::{Response, StatusCode, Version};
use hyper::body::Incoming;
use sockeye_rules::{HEAD_TOO_LARGE, SLOW_CLIENT};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower_service::Service as _;
use tracing::Level;

use super::{
    beginning::Beginning,
    door::Door,
    faults::{Fault, Faults},
    listen::Listen,
    owed::Debt,
    protocols::Protocols,
    refused,
    source::Transport,
    tls::{self, Tls},
    visit::Visit,
    watched::{Watched, plain, watch},
    wire::Wire,
};
use crate::{
    Heartbeat, Limits,
    limiter::{Slot, is_forwarded},
    log::event,
    shutdown::{Lifecycle, Shutdown, Unfinished, drain},
    transport::OverTls,
};

/// How a server treats its connections.
pub(super) struct Config {
    pub(super) limits: Limits,
    pub(super) heartbeat: Heartbeat,
    /// `None`: HTTP without TLS.
    pub(super) tls: Option<Tls>,
}

/// Serves until `shutdown`; then drains, until `again` at the latest.
pub(super) async fn serve(
    mut listener: impl Listen,
    router: Router,
    lifecycle: Lifecycle,
    config: Config,
    shutdown: Shutdown,
    again: fn() -> Shutdown,
) {
    let Config { limits, heartbeat, tls } = config;
    lifecycle.listens_on(listener.place().and_then(|place| place.address()).map(|address| address.port()));
    let http = Http {
        router,
        speaks_tls: tls.is_some(),
        protocols: Protocols::new(&limits, &heartbeat),
        lifecycle: lifecycle.clone(),
        limits,
        heartbeat,
        faults: Faults::new(&lifecycle.flood),
    };
    let door = Door::new(lifecycle.clone(), limits, tls.is_some());
    let unfinished = Unfinished::new(lifecycle.clone(), limits.shutdown_timeout);
    let mut ended = std::pin::pin!(async {
        shutdown.await;
        drain(&lifecycle, limits.shutdown_timeout, again()).await;
    });
    // It listens until the end: a client that connects while the server drains gets a refusal.
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut ended => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                if let Some(admitted) = door.admit(stream, peer) {
                    take(admitted, peer, &http, tls.clone());
                }
            }
            Err(error) => tokio::select! {
                () = recover(&error, &http.faults) => {}
                () = &mut ended => break,
            },
        }
    }
    unfinished.end();
}

/// Shared by all HTTP connections of a server.
#[derive(Clone)]
struct Http {
    router: Router,
    speaks_tls: bool,
    protocols: Protocols,
    lifecycle: Lifecycle,
    limits: Limits,
    heartbeat: Heartbeat,
    faults: Faults,
}

fn take(
    (stream, slot): (impl Transport + 'static, Slot),
    peer: Option<SocketAddr>,
    http: &Http,
    tls: Option<Tls>,
) {
    let mut http = http.clone();
    let lifecycle = http.lifecycle.clone();
    let is_late = lifecycle.is_stopping();
    let stopping = if is_late {
        // It gets one response; a graceful shutdown would close the connection before its request.
        http.protocols.one_response();
        CancellationToken::new()
    } else {
        lifecycle.stopping.clone()
    };
    let task = lifecycle.until_severed(async move {
        let slot = Arc::new(slot);
        match tls {
            None => speak(stream, peer, http, Arc::clone(&slot), stopping).await,
            // Boxed: connections without TLS do not reserve memory for a handshake.
            Some(tls) => Box::pin(speak_tls(&tls, stream, peer, http, Arc::clone(&slot), stopping)).await,
        }
        // An upgraded connection is no longer HTTP, and has its own place.
        drop(slot);
    });
    let task = lifecycle.chores.watched(task);
    // Shutdown does not wait for connections that arrive late: otherwise they could delay it.
    if is_late {
        tokio::spawn(task);
    } else {
        lifecycle.tasks.spawn(task);
    }
}

/// The same after a TLS handshake. The shutdown waits for one no longer than for a first request.
async fn speak_tls(
    tls: &Tls,
    stream: impl Transport + 'static,
    peer: Option<SocketAddr>,
    http: Http,
    slot: Arc<Slot>,
    stopping: CancellationToken,
) {
    let shaken = tls.admit(stream, peer, http.limits.handshake_timeout, &http.faults);
    let stream = tokio::select! {
        shaken = shaken => shaken,
        () = async { stopping.cancelled().await; sleep(LAST_WORD).await } => None,
    };
    if let Some(stream) = stream {
        speak(stream, peer, http, slot, stopping).await;
    }
}

/// Serves HTTP until the connection ends, is upgraded, or is given up.
async fn speak(
    stream: impl Transport + 'static,
    peer: Option<SocketAddr>,
    http: Http,
    slot: Arc<Slot>,
    stopping: CancellationToken,
) {
    let Http { router, speaks_tls, protocols, lifecycle, limits, heartbeat, faults } = http;
    let visit = Visit::new(lifecycle.requests.clone());
    let on_refused = {
        let faults = faults.clone();
        move |refused| faults.say(&refused::by_h2(refused, &limits), peer)
    };
    let wire = Wire::new(stream, visit.clone(), limits.send_timeout, on_refused);
    let begun = tokio::select! {
        biased;
        begun = wire.begin() => begun,
        () = visit.idle(limits.handshake_timeout) => {
            faults.asked_nothing(peer, visit.beginning().words());
            return visit.end();
        }
        () = leave(&stopping, &visit) => return visit.end(),
    };
    let guest = Guest { peer, speaks_tls, slot, visit: visit.clone(), limits, faults: faults.clone() };
    let course = Course { peer, visit: &visit, stopping: &stopping, limits, faults: &faults };
    let end = |error| {
        let end = End { peer, beginning: visit.beginning(), limits: &limits, heartbeat: &heartbeat };
        tell_of_error(error, &end, &faults);
    };
    let (ended, is_leaving) = match begun {
        Ok((version, wire)) => protocols.serve(version, wire, service(router, guest), course).await,
        Err(error) => return end(&error),
    };
    visit.end();
    if visit.is_stalled() {
        faults.say(&Fault::slow(unread("a response", limits) + "; it is disconnected"), peer);
    } else if let Err(error) = ended {
        end(&error);
    } else if visit.beginning().is_http2() && !is_leaving && !visit.has_parted() {
        faults.say(&refused::without_a_word(), peer);
    }
}

/// What a connection over HTTP needs to know until it ends.
pub(super) struct Course<'c> {
    peer: Option<SocketAddr>,
    visit: &'c Visit,
    stopping: &'c CancellationToken,
    limits: Limits,
    faults: &'c Faults,
}

impl Course<'_> {
    /// Polls a connection until it ends or is given up. `shut_down` makes it finish its open requests and accept no more. Returns whether it
    /// was, too.
    pub(super) async fn run<C>(
        self,
        mut connection: Pin<&mut C>,
        shut_down: fn(Pin<&mut C>),
    ) -> (hyper::Result<()>, bool)
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let Self { peer, visit, stopping, limits, faults } = self;
        let mut leaving = pin!(leave(stopping, visit));
        let mut is_leaving = false;
        let mut idle = limits.handshake_timeout;
        loop {
            tokio::select! {
                // Before `leaving`: hyper has to read a request that has arrived before it is told to accept no more.
                biased;
                ended = connection.as_mut() => return (ended, is_leaving),
                () = visit.idle(idle) => {
                    faults.asked_nothing(peer, visit.beginning().words());
                    shut_down(connection.as_mut());
                    return (timeout(limits.close_timeout, connection).await.unwrap_or(Ok(())), true);
                }
                () = visit.given_up() => {
                    if visit.is_stalled() {
                        return (Ok(()), is_leaving);
                    }
                    faults.say(&Fault::slow(unread("an HTTP/2 stream", limits) + "; the stream is reset"), peer);
                    idle = limits.close_timeout;
                    visit.leave_within(limits.close_timeout);
                }
                () = leaving.as_mut(), if !is_leaving => {}
            }
            // Open streams may finish, including WebSockets over HTTP/2; new ones are refused.
            is_leaving = true;
            shut_down(connection.as_mut());
        }
    }
}

/// Completes when the server stops; for a connection that has sent nothing, a moment later: hyper closes it without reading, and a request that
/// has already arrived would be answered by a reset.
async fn leave(stopping: &CancellationToken, visit: &Visit) {
    stopping.cancelled().await;
    if visit.beginning().is_empty() {
        sleep(LAST_WORD).await;
    }
}

/// How long a connection without a request can delay the end of the server.
const LAST_WORD: Duration = Duration::from_millis(500);

/// A connection that ended early.
struct End<'e> {
    peer: Option<SocketAddr>,
    beginning: Beginning,
    limits: &'e Limits,
    heartbeat: &'e Heartbeat,
}

/// Why a connection ended early, if it is a fault.
fn tell_of_error(error: &(dyn std::error::Error + 'static), end: &End<'_>, faults: &Faults) {
    let End { peer, beginning, limits, heartbeat } = *end;
    match refused::by_hyper(error, beginning, limits).or_else(|| tls::by_record(error)) {
        Some(fault) => faults.say(&fault, peer),
        // Over HTTP/2 only a ping has a time limit in hyper.
        None if is_timeout(error) && beginning.is_http2() => {
            faults.say(&refused::without_an_answer(heartbeat), peer);
        }
        None if is_timeout(error) => faults.asked_nothing(peer, beginning.words()),
        None => {
            event!(Level::DEBUG, "HTTP connection ended early", peer = peer, error = error.to_string());
        }
    }
}

/// Whether a head did not arrive in time.
fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_timeout)
}

fn unread(what: &str, limits: Limits) -> String {
    format!("the client has read almost nothing of {what} for {:?}", limits.send_timeout)
}

/// The client of a connection.
#[derive(Clone)]
struct Guest {
    peer: Option<SocketAddr>,
    speaks_tls: bool,
    slot: Arc<Slot>,
    visit: Visit,
    limits: Limits,
    faults: Faults,
}

/// The router, which receives the client's address, and whose connection is busy until it has answered.
fn service(
    router: Router,
    guest: Guest,
) -> impl hyper::service::Service<
    http::Request<Incoming>,
    Response = Response<Watched>,
    Error = Infallible,
    Future: Future<Output = Result<Response<Watched>, Infallible>> + Send + 'static,
> {
    hyper::service::service_fn(move |request: http::Request<Incoming>| {
        let mut router = router.clone();
        let guest = guest.clone();
        let version = request.version();
        let is_http2 = version == Version::HTTP_2;
        let busy = guest.visit.begin(request.version());
        if is_forwarded(request.headers(), guest.limits.trusted_proxies) {
            guest.slot.disown();
        }
        let debt = Debt::default();
        let mut request = request.map(|body| debt.collect(body, guest.limits.send_timeout));
        if let Some(peer) = guest.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        if guest.speaks_tls {
            request.extensions_mut().insert(OverTls);
        }
        if is_http2 {
            request.extensions_mut().insert(Arc::clone(&busy));
        }
        // hyper reads the head of an HTTP/1.1 request in large pieces, and the last one may exceed the limit.
        let is_too_large = refused::head_size(&request) > guest.limits.max_request_head_size;
        async move {
            let mut response =
                if is_too_large { guest.too_large(version) } else { router.call(request).await? };
            if debt.is_overdue() {
                response = guest.overdue(version, response);
            }
            if is_http2 {
                debt.remit();
            }
            Ok(if is_http2 { watch(response, &guest.visit, busy) } else { plain(response) })
        }
    })
}

impl Guest {
    fn too_large(&self, version: Version) -> Response<Body> {
        self.faults.say(&refused::too_large(version, &self.limits), self.peer);
        refused::answer(
            version,
            &HEAD_TOO_LARGE,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "the request head is too large",
        )
    }

    /// The response to a client whose request was never completed: the handler's own, if it succeeded with the part that
    /// arrived.
    fn overdue(&self, version: Version, response: Response<Body>) -> Response<Body> {
        let time = self.limits.send_timeout;
        let reason = format!("the client has sent almost nothing of a request body for {time:?}");
        self.faults.say(&Fault::slow(reason), self.peer);
        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            refused::answer(
                version,
                &SLOW_CLIENT,
                StatusCode::REQUEST_TIMEOUT,
                "the rest of the request body did not arrive in time",
            )
        } else {
            response
        }
    }
}

/// Most failures of `accept` concern one connection; without file descriptors the server can only wait.
async fn recover(error: &io::Error, faults: &Faults) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        faults.not_accepted(error);
        sleep(BETWEEN_ATTEMPTS).await;
    }
}

const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);
