use std::net::SocketAddr;

use axum::extract::{ConnectInfo, connect_info::MockConnectInfo};
use sockeye::{Handshake, Server, ws_endpoint};

/// What a listener of one's own may know about a peer.
#[derive(Clone)]
struct Peer;

/// The listener of Sockeye gives this.
#[ws_endpoint("/ws/address", group = "missing_connect_info")]
async fn address(handshake: Handshake, ConnectInfo(_peer): ConnectInfo<SocketAddr>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// And not this.
#[ws_endpoint("/ws/peer", group = "missing_connect_info")]
async fn peer(handshake: Handshake, ConnectInfo(_peer): ConnectInfo<Peer>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

#[tokio::test]
async fn the_listener_cannot_give_it() {
    let server = Server::new().group("missing_connect_info");
    insta::assert_snapshot!(server.serve("127.0.0.1:0").await.unwrap_err());
}

#[tokio::test]
async fn neither_can_it_on_a_given_listener() {
    let checked = Server::new().group("missing_connect_info").check().await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = checked.serve_on(listener).await.unwrap_err();
    assert_eq!(error.problems()[0].rule(), "missing_connect_info");
}

#[tokio::test]
async fn a_layer_may() {
    let server = Server::new().group("missing_connect_info").layer(MockConnectInfo(Peer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    server.shutdown(async {}).check().await.unwrap().serve_on(listener).await.unwrap();
}

#[tokio::test]
async fn a_listener_of_ones_own_may() {
    let checked = Server::new().group("missing_connect_info").check().await.unwrap();
    let _router = checked.into_router().into_make_service_with_connect_info::<SocketAddr>();
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_has_no_addresses() {
    let server = Server::new().group("missing_connect_info").layer(MockConnectInfo(Peer));
    let path = std::env::temp_dir().join(format!("sockeye-{}-connect-info.sock", std::process::id()));
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    insta::assert_snapshot!(server.check().await.unwrap().serve_on(listener).await.unwrap_err());
}
