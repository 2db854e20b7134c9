//! Accepts connections until the server is told to stop, then lets what is open end.

use std::{
    convert::Infallible, future::Future, io, net::SocketAddr, pin::Pin, sync::Arc, task::Poll, time::Duration,
};

use axum::{Router, extract::ConnectInfo, response::Response};
use http::Version;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tower_service::Service as _;
use tracing::Level;

use super::{door::Door, listen::Listen, visit::Visit, watched::watch};
use crate::{Limits, connection::Present, limiter::Slot, log::event, mounted::Lifecycle};

/// What ends a server.
pub(crate) type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Serves until `shutdown`; then drains, until `again` at the latest.
pub(crate) async fn serve(
    mut listener: impl Listen,
    router: Router,
    lifecycle: Lifecycle,
    limits: Limits,
    shutdown: Shutdown,
    again: fn() -> Shutdown,
) {
    let builder = builder(&limits);
    let mut door = Door::new(lifecycle.clone(), limits);
    let mut ended = std::pin::pin!(async {
        shutdown.await;
        drain(&lifecycle, limits.shutdown_timeout, again()).await;
    });
    // It listens to the end: a client that comes while the server drains is told so.
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut ended => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                if let Some(admitted) = door.admit(stream, peer) {
                    take(admitted, peer, &router, &builder, &lifecycle, limits);
                }
            }
            Err(error) => tokio::select! {
                () = recover(&error) => {}
                () = &mut ended => return,
            },
        }
    }
}

/// One connection's HTTP: both versions, extended CONNECT, a deadline for the head of each request.
fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.handshake_timeout);
    builder.http2().timer(TokioTimer::new()).enable_connect_protocol();
    builder
}

fn take(
    (stream, slot): (impl AsyncRead + AsyncWrite + Send + Unpin + 'static, Slot),
    peer: SocketAddr,
    router: &Router,
    builder: &Builder<TokioExecutor>,
    lifecycle: &Lifecycle,
    limits: Limits,
) {
    let visit = Visit::new(lifecycle.requests.clone());
    let service = service(router.clone(), peer, visit.clone());
    let mut builder = builder.clone();
    let is_late = lifecycle.is_stopping();
    let stopping = if is_late {
        // It gets one answer; to shut it down gracefully would be to hang up before it has asked.
        builder.http1().keep_alive(false);
        CancellationToken::new()
    } else {
        lifecycle.stopping.clone()
    };
    let task = lifecycle.until_severed(async move {
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = visit.idle(limits.handshake_timeout) => {
                event!(Level::DEBUG, "a client that asks for nothing is disconnected", peer = peer);
                connection.as_mut().graceful_shutdown();
                timeout(limits.close_timeout, connection).await.unwrap_or(Ok(()))
            }
            () = stopping.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            event!(Level::DEBUG, "an http connection ended early", peer = peer, error = error.to_string());
        }
        // An upgraded connection is none of HTTP's any more, and has a place of its own.
        drop(slot);
    });
    // Nobody waits for those who come late: else they could hold the end up.
    if is_late {
        tokio::spawn(task);
    } else {
        lifecycle.tasks.spawn(task);
    }
}

/// The router, which is told who asks, and whose connection is busy until it has answered.
fn service(
    router: Router,
    peer: SocketAddr,
    visit: Visit,
) -> impl hyper::service::Service<
    http::Request<Incoming>,
    Response = Response,
    Error = Infallible,
    Future: Future<Output = Result<Response, Infallible>> + Send + 'static,
> {
    hyper::service::service_fn(move |request: http::Request<Incoming>| {
        let mut router = router.clone();
        let version = request.version();
        let busy = visit.begin(version);
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        if version == Version::HTTP_2 {
            request.extensions_mut().insert(Arc::clone(&busy));
        }
        async move {
            let response = router.call(request).await?;
            Ok(if version == Version::HTTP_2 { watch(response, busy) } else { response })
        }
    })
}

/// Most failures of `accept` concern one connection; when there are no file descriptors left, waiting is all one can do.
async fn recover(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        event!(
            Level::ERROR,
            "a connection could not be accepted; trying again in a second",
            error = error.to_string()
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Ends the server: notice for load balancers, 1001 to every socket, the time to drain; then, or when `again` ends, the
/// cut.
pub(super) async fn drain(lifecycle: &Lifecycle, limit: Duration, again: Shutdown) {
    lifecycle.tell();
    let drained = tokio::select! {
        drained = wind_up(lifecycle, limit) => drained,
        () = again => false,
    };
    if !drained {
        log_what_is_left(&lifecycle.connections.present());
        lifecycle.cut();
        // What is cut off still has a word to say: an answer, a closing event.
        let _said_or_not = tokio::time::timeout(LAST_WORDS, lifecycle.tasks.wait()).await;
    }
    lifecycle.sever();
}

/// How long the end is held up for what was cut off.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(250);

/// Says whether everything has ended in time.
async fn wind_up(lifecycle: &Lifecycle, limit: Duration) -> bool {
    tokio::time::sleep(lifecycle.notice).await;
    lifecycle.stop();
    let all_over = async {
        lifecycle.connections.stop(limit).await;
        lifecycle.tasks.wait().await;
    };
    tokio::time::timeout(limit, all_over).await.is_ok()
}

fn log_what_is_left(handlers: &[Present]) {
    const NAMED: usize = 8;
    let named: Vec<_> = handlers.iter().take(NAMED).map(ToString::to_string).collect();
    let more = if handlers.len() > NAMED { ", .." } else { "" };
    event!(
        Level::WARN,
        "the time to drain is over; what is open is cut off",
        open = handlers.len(),
        handlers = format!("{}{more}", named.join(", ")),
    );
}

/// Nothing: for a server whose end is not the program's.
#[cfg(feature = "testing")]
pub(crate) fn never() -> Shutdown {
    Box::pin(std::future::pending())
}

/// Ctrl-C or, on Unix, SIGTERM, from the moment of this call on: whoever is told that the server listens may signal at
/// once, before anything has been polled.
#[cfg(unix)]
pub(crate) fn signal() -> Shutdown {
    use tokio::signal::unix::{SignalKind, signal};
    let mut streams = [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok());
    Box::pin(std::future::poll_fn(move |cx| {
        let came = streams.iter_mut().flatten().any(|stream| stream.poll_recv(cx).is_ready());
        if came { Poll::Ready(()) } else { Poll::Pending }
    }))
}

/// Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn signal() -> Shutdown {
    Box::pin(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
