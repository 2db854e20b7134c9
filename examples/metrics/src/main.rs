//! An echo endpoint whose server is watched by Prometheus: `cargo run -p example-metrics`, then open `/metrics`.
//! `SOCKEYE_ADDR` listens elsewhere.

#[cfg(test)]
mod tests;

use std::env;

use axum::{Router, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use sockeye::{Handshake, Server, metrics::CONNECTION_SECONDS, ws_endpoint};

/// Sends every message back.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().init();
    let address = env::var("SOCKEYE_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let tell =
        |address| tracing::info!("numbers on http://{address}/metrics, an echo on ws://{address}/echo");
    server(count()?).on_listen(tell).serve(address).await?;
    Ok(())
}

/// Counts from now on, in the whole program.
fn count() -> Result<PrometheusHandle, BuildError> {
    // From a visit of a second to one of a day. Without buckets the exporter makes a summary, which cannot be added up.
    let lives = [1.0, 10.0, 60.0, 600.0, 3_600.0, 86_400.0];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(CONNECTION_SECONDS.to_owned()), &lives)?
        .install_recorder()
}

/// The whole program but for its port, so that tests have the same one.
fn server(prometheus: PrometheusHandle) -> Server {
    // Whoever can connect can read `/metrics` here; on a public server give it a listener of its own.
    Server::new().router(Router::new().route("/metrics", get(async move || prometheus.render())))
}
