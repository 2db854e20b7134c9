//! An axum application that takes on Sockeye one route at a time.
//!
//! ```text
//! cargo run -p example-existing-axum-app
//! ```
//!
//! `app.rs`, `auth.rs` and `ask.rs` were here before and know nothing of Sockeye's server. `changes.rs` and `desk.rs` are
//! endpoints. `server` below ties them together, and `main` goes on using `axum::serve`. The way here, each step of which
//! leaves a program that works:
//!
//! 1. `cargo sockeye check` reads the WebSocket handlers that are there, plain axum or not. Nothing has to change for that.
//! 2. Take one WebSocket route out of the router and write its handler as `#[ws_endpoint]`: see `changes.rs`. (If the route
//!    stays in the router by mistake, the endpoint has its handshakes, and it is left with plain requests.)
//! 3. Give the router to `Server::router`, and what handlers take as `State` to `Server::state`. In `axum::serve`, put
//!    `server.check().await?.into_router_and_drained()` in the place of the router, with connect info: peers are in Sockeye's
//!    log. From then on `SOCKEYE_CHECK=1` in front of the program lists its endpoints and ends it before it listens.
//! 4. Move the layers that WebSockets need, too, from the router to `Server::layer`, in the same order. Layers for the
//!    router alone stay there, such as CORS, which browsers ask about before a `fetch` and never before a WebSocket.
//! 5. Write `guarded` on endpoints that a layer protects: see `desk.rs`. Should that layer go missing, or not cover the
//!    path, the program does not start.
//! 6. Take the other routes when there is time. `ask.rs` has waited until now, and works beside the others.
//! 7. In the end let Sockeye listen: `server.serve(address).await` in the place of `axum::serve`. It stops on Ctrl-C and
//!    SIGTERM, waits for WebSockets to end, and bounds how many connections there are.

mod app;
mod ask;
mod auth;
mod changes;
mod desk;
mod stop;
#[cfg(test)]
mod tests;

use std::{
    env,
    error::Error,
    io::{self, IsTerminal},
    net::SocketAddr,
};

use axum::{extract::Request, middleware, serve::ListenerExt as _};
use sockeye::Server;
use tokio::net::TcpListener;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::{Level, Span};
use tracing_subscriber::EnvFilter;

use self::{app::AppState, auth::Tokens};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log_to_terminal();
    // Step 3. Every check has passed before the port is bound.
    let server = server(AppState::default(), Tokens::from_env()).shutdown(stop::signal());
    let (router, drained) = server.check().await?.into_router_and_drained();
    let address = env::var("SOCKEYE_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| {
        format!("cannot listen on {address}: {error}; set SOCKEYE_ADDR to an address that is free")
    })?;
    let address = listener.local_addr()?;
    tracing::info!("open http://{address} to read what there is on ws://{address}; Ctrl-C stops");
    // A small message must not wait for the acknowledgement of the one before; Sockeye's own listener sees to that.
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stop::signal())
        .await?;
    // `axum::serve` does not wait for WebSockets: they have left HTTP. Each endpoint's get their close frame (1001) here, before
    // the program is gone. Those of `ask.rs` get none: axum tells them nothing.
    drained.await;
    Ok(())
}

/// The application with its endpoints, which nobody lists: `#[ws_endpoint]` has registered them.
fn server(state: AppState, tokens: Tokens) -> Server {
    Server::new()
        .router(app::routes(state.clone()))
        .state(state)
        // Step 4. Both were `.layer(..)` of the router; the later one goes around the earlier one here, too.
        .layer(middleware::from_fn_with_state(tokens, auth::require_clerk))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span_of)
                .on_response(DefaultOnResponse::new().level(Level::INFO)),
        )
}

/// Without the query, where tokens may be. At the start it shows Sockeye's own requests, one for each endpoint.
fn span_of(request: &Request) -> Span {
    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
}

fn log_to_terminal() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colours).init();
}
