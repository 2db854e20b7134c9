//! The end of the server over real sockets: every socket is told, and the port is free. `drain.rs` has the rest.

use futures_util::StreamExt as _;
use sockeye::{Handshake, Server, ws_endpoint};
use sockeye_tests::{close_of, hear, logs, say, start, within};
use tokio_tungstenite::tungstenite::Message;
use tracing::Level;

/// Echoes; on the way out it still has something to say.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    tracing::info!(target: "sockeye", message = "cleaned up");
    Ok(())
}

#[tokio::test]
async fn every_socket_is_told_1001_and_the_server_ends() {
    logs::listen();
    let mut server = start(Server::new()).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = server.connect("/echo").await;
        say(&mut client, "hello").await;
        assert_eq!(hear(&mut client).await, Message::text("hello"));
        clients.push(client);
    }
    server.stop();
    for client in &mut clients {
        assert_eq!(close_of(client).await, (1001, "the server is stopping".to_owned()));
        assert!(within(client.next()).await.is_none_or(|end| end.is_err()));
    }
    let addr = server.addr;
    server.ended().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err(), "the port is free");
    let mut told = logs::with("code", "1001");
    told.retain(|line| line.get("message") == "connection closed");
    assert!(told.len() >= 20 && told.iter().all(|line| line.level == Level::INFO), "{told:?}");
    assert!(logs::with("message", "cleaned up").len() >= 20, "handlers reach their end");
}

#[tokio::test]
async fn a_connection_that_is_kept_alive_does_not_hold_the_server_up() {
    let mut server = start(Server::new()).await;
    let mut idle = tokio::net::TcpStream::connect(server.addr).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut idle, b"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 12];
    within(tokio::io::AsyncReadExt::read_exact(&mut idle, &mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 404");
    server.stop();
    server.ended().await;
}
