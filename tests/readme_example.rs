use sockeye::{CloseCode, Handshake, Server, testing::TestClient, ws_endpoint};

/// Sends everything back.
#[ws_endpoint("/ws/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[tokio::test]
async fn it_echoes_and_ends() -> Result<(), Box<dyn std::error::Error>> {
    let client = TestClient::new(Server::new()).await?;
    let mut socket = client.connect("/ws/echo").await?;
    socket.send("hello").await?;
    assert_eq!(socket.recv_text().await?, "hello");
    socket.close(CloseCode::NORMAL, "").await?;
    client.assert_idle().await;

    let refusal = client.request("/ws/echo").origin("https://evil.example").refused().await?;
    assert_eq!((refusal.status().as_u16(), refusal.rule()), (403, Some("origin_refused")));
    Ok(())
}
