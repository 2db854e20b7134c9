//! Outages that have happened, to be built in with `--break NAME`. Each is one line that somebody forgot or wrote.

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    middleware::{Next, from_fn},
    routing::get,
};
use clap::ValueEnum;
use sockeye::{Handshake, Origins, Server, ws_endpoint};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Break {
    /// The server is not given the state that handlers take.
    MissingState,
    /// An allowed origin begins with `ws://`, which no browser sends.
    WsOrigin,
    /// A layer in front answers 403.
    #[value(name = "layer-403")]
    Layer403,
    /// The log stream is not connected to the logger.
    LogStream,
    /// Pages of any origin, and a handler that reads a cookie.
    WildcardWithCredentials,
    /// A route of the page matches what an endpoint matches.
    ShadowedRoute,
    /// The crate of an endpoint is not named by the program.
    DroppedCrate,
    /// The directory of documents is not there.
    ComponentDown,
}

/// The directory of `--break component-down`.
pub(crate) const NOWHERE: &str = "a/directory/that/is/not/there";

/// Shows who is signed in, by the cookie that browsers send to whoever opens this socket.
#[ws_endpoint("/ws/sessions", group = "sessions")]
async fn sessions(handshake: Handshake) -> sockeye::Result {
    let cookie = handshake.headers().get("cookie").cloned();
    let mut socket = handshake.accept().await?;
    socket.send(format!("signed in: {}", cookie.is_some())).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// What is broken about the server. The other outages are built in where the parts are made.
pub(crate) fn break_server(server: Server, broken: Break) -> Server {
    match broken {
        Break::WsOrigin => server.origins(Origins::list(["ws://dashboard.example"])),
        Break::Layer403 => server
            .layer(from_fn(async |_: Request, _: Next| (StatusCode::FORBIDDEN, "blocked by the firewall"))),
        Break::WildcardWithCredentials => server.group("").group("sessions").origins(Origins::any()),
        Break::DroppedCrate => server.expect(["/ws/reports"]),
        Break::MissingState | Break::LogStream | Break::ShadowedRoute | Break::ComponentDown => server,
    }
}

pub(crate) fn break_router(router: Router, broken: Break) -> Router {
    match broken {
        Break::ShadowedRoute => router.route("/ws/workflows/{*rest}", get(async || "see /#/workflows")),
        _ => router,
    }
}
