use sockeye::{Handshake, Server, ws_endpoint};

/// The first in the file.
#[ws_endpoint("/ws/b", group = "right")]
async fn first(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// The second in the file.
#[ws_endpoint("/ws/a", group = "right")]
async fn second(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

#[tokio::test]
async fn endpoints_come_in_the_order_of_their_source() {
    let checked = Server::new().group("right").check().await.unwrap();
    let seen: Vec<_> = checked.endpoints().map(|one| (one.route(), one.name(), one.line())).collect();
    assert_eq!(seen, [("/ws/b", "first", 4), ("/ws/a", "second", 11)]);
    assert!(checked.endpoints().all(|one| one.file().ends_with("tests/startup/right.rs")));
}

#[tokio::test]
async fn a_check_can_be_spawned() {
    let check = tokio::spawn(Server::new().group("right").check());
    assert_eq!(check.await.unwrap().unwrap().endpoints().len(), 2);
}
