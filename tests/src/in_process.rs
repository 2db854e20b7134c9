//! A server without a port: requests go into its router, bytes through a pipe.

use std::convert::Infallible;

use axum::{Router, body::Body};
use http::Request;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::TokioIo;
use sockeye::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::ServiceExt as _;

use crate::{
    raw::{HEAD, head},
    within,
};

/// The router of a server.
///
/// # Panics
/// When the server finds a problem.
pub async fn router(server: Server) -> Router {
    match server.check().await {
        Ok(checked) => checked.into_router(),
        Err(report) => panic!("{report}"),
    }
}

/// A runtime whose clock stands still while anything is left to do: timeouts cost nothing.
///
/// # Panics
/// When the system gives none.
pub fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().expect("a runtime")
}

/// Shakes hands at the path, sends the bytes and says that no more will come; gives everything that comes back after the
/// handshake, up to its end.
///
/// # Panics
/// When the handshake is refused, or the server does not come to an end.
pub async fn converse(router: &Router, path: &str, bytes: &[u8]) -> Vec<u8> {
    converse_with(router, path, "", bytes).await
}

/// The same, with more headers, each a line.
///
/// # Panics
/// As [`converse`].
pub async fn converse_with(router: &Router, path: &str, headers: &str, bytes: &[u8]) -> Vec<u8> {
    let (client, server) = tokio::io::duplex(64 * 1024);
    let router = router.clone();
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let answer = router.clone().oneshot(request.map(Body::new));
        async { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let serving = http1::Builder::new().serve_connection(TokioIo::new(server), service).with_upgrades();
    let serving = tokio::spawn(serving);
    let (mut from, mut to) = tokio::io::split(client);
    to.write_all(format!("GET {path} HTTP/1.1\r\n{HEAD}{headers}\r\n").as_bytes()).await.expect("sent");
    // A client that leaves before it is answered gets no answer.
    let head = within(head(&mut from)).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let sending = async {
        // The server may end the connection in the middle; what it said counts.
        to.write_all(bytes).await?;
        to.shutdown().await
    };
    let mut answer = Vec::new();
    let (_sent, read) = within(async { tokio::join!(sending, from.read_to_end(&mut answer)) }).await;
    read.expect("an end, and no error");
    serving.abort();
    answer
}
