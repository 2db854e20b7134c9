//! A program that listens itself, with `axum::serve`, for tests that look at a real process.

#![expect(clippy::print_stderr, reason = "the test reads where it listens")]

use std::{error::Error, net::SocketAddr, sync::Arc};

use axum::{extract::State, serve::ListenerExt as _};
use sockeye::{
    Handshake, Server,
    rustls::{
        ServerConfig,
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
    ws_endpoint,
};

/// Sends back what comes in.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Nobody gives it the state.
#[ws_endpoint("/broken", group = "broken")]
async fn broken(handshake: Handshake, State(_name): State<String>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}

/// Has no certificate.
#[derive(Debug)]
struct Nothing;

impl ResolvesServerCert for Nothing {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

fn tls() -> ServerConfig {
    ServerConfig::builder().with_no_client_auth().with_cert_resolver(Arc::new(Nothing))
}

/// Arguments: the address, `drain`, `ends itself`, `tls` or `-`, and the group.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let [address, drain, group] = [1, 2, 3].map(|number| std::env::args().nth(number).unwrap_or_default());
    let server = Server::new().group(group).shutdown(signal());
    let server = if drain == "tls" { server.tls(tls()) } else { server };
    let checked = server.check().await?;
    if drain == "ends itself" && checked.check_only() {
        eprintln!("ended by itself");
        return Ok(());
    }
    let (router, drained) = if drain == "drain" {
        let (router, drained) = checked.into_router_and_drained();
        (router, Some(drained))
    } else {
        (checked.into_router(), None)
    };
    let listener = tokio::net::TcpListener::bind(address).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(signal())
        .await?;
    if let Some(drained) = drained {
        drained.await;
    }
    Ok(())
}
