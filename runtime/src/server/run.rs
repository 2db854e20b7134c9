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
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tower_service::Service as _;

use super::{door::Door, visit::Visit, watched::watch};
use crate::{Limits, limiter::Slot, mounted::Lifecycle};

/// What ends a server.
pub(crate) type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Serves until `shutdown`; then drains.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    lifecycle: Lifecycle,
    limits: Limits,
    mut shutdown: Shutdown,
) {
    let builder = builder(&limits);
    let mut door = Door::new(lifecycle.clone(), limits);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                if let Some(admitted) = door.admit(stream, peer) {
                    take(admitted, peer, &router, &builder, &lifecycle, limits);
                }
            }
            Err(error) => recover(&error).await,
        }
    }
    drop(listener);
    drain(&lifecycle, limits.drain).await;
}

/// One connection's HTTP: both versions, extended CONNECT, a deadline for the head of each request.
fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.handshake);
    builder.http2().timer(TokioTimer::new()).enable_connect_protocol();
    builder
}

fn take(
    (stream, slot): (TcpStream, Slot),
    peer: SocketAddr,
    router: &Router,
    builder: &Builder<TokioExecutor>,
    lifecycle: &Lifecycle,
    limits: Limits,
) {
    // A small message must not wait for the acknowledgement of the one before.
    let _without_delay_if_possible = stream.set_nodelay(true);
    let visit = Visit::default();
    let service = service(router.clone(), peer, visit.clone());
    let builder = builder.clone();
    let stopping = lifecycle.stopping.clone();
    lifecycle.tasks.spawn(async move {
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = visit.idle(limits.handshake) => {
                tracing::debug!(target: "sockeye", %peer, "a client that asks for nothing is disconnected");
                connection.as_mut().graceful_shutdown();
                timeout(limits.close, connection).await.unwrap_or(Ok(()))
            }
            () = stopping.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(target: "sockeye", %peer, error = %error, "an http connection ended early");
        }
        // An upgraded connection is none of HTTP's any more, and has a place of its own.
        drop(slot);
    });
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
        tracing::error!(target: "sockeye", %error, "a connection could not be accepted; trying again in a second");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Ends every connection: 1001, then the time to drain, then the cut. A second signal cuts at once.
pub(super) async fn drain(lifecycle: &Lifecycle, limit: Duration) {
    let signalled_again = signal();
    lifecycle.stop();
    lifecycle.tasks.close();
    tokio::select! {
        () = lifecycle.tasks.wait() => return,
        () = tokio::time::sleep(limit) => {}
        () = signalled_again => {}
    }
    tracing::warn!(target: "sockeye", open = lifecycle.tasks.len(), "the time to drain is over; what is open is cut off");
    lifecycle.connections.cut();
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
