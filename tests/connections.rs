//! The open connections, as their server's program sees them: who is connected, how far each is, and how they are ended.

use std::{
    future::pending,
    time::{Duration, SystemTime},
};

use axum::extract::{Path, State};
use futures_util::StreamExt;
use sockeye::{
    CloseCode, Connection, ConnectionChange, Connections, Handshake, Server,
    testing::{TestClient, TestSocket},
    ws_endpoint,
};
use sockeye_tests::{close_of, hear, logs, say, start, within};
use tokio::time::{Instant, sleep};
use tracing::Level;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Echoes to a user.
#[ws_endpoint("/inbox/{user}")]
async fn inbox(handshake: Handshake, Path(user): Path<String>) -> sockeye::Result {
    let mut socket = handshake.accept().identity(user).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Says its own number, and serves each user once.
#[ws_endpoint("/once/{user}")]
async fn once(
    handshake: Handshake,
    Path(user): Path<String>,
    State(connections): State<Connections>,
) -> sockeye::Result {
    let mut socket = handshake.accept().identity(&user).await?;
    for earlier in connections.of(&user).into_iter().filter(|one| one.id() < socket.id()) {
        earlier.close(CloseCode::POLICY_VIOLATION, "connected elsewhere");
    }
    socket.send(socket.id().to_string()).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Serves a session of so many seconds. A message prolongs it to so many seconds from then on.
#[ws_endpoint("/session/{seconds}")]
async fn session(handshake: Handshake, Path(seconds): Path<u64>) -> sockeye::Result {
    let from_now = |seconds| SystemTime::now() + Duration::from_secs(seconds);
    let mut socket = handshake.accept().identity("somebody").expires_at(from_now(seconds)).await?;
    while let Some(message) = socket.recv().await? {
        let seconds = message.as_text().ok_or("binary")?.parse()?;
        socket.renew(from_now(seconds));
        socket.send("renewed").await?;
    }
    Ok(())
}

/// A session that has always been over.
#[ws_endpoint("/expired")]
async fn expired(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().expires_at(SystemTime::UNIX_EPOCH).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Sends as much as the transport takes, and receives nothing.
#[ws_endpoint("/flood")]
async fn flood(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    loop {
        socket.send(vec![0_u8; 10_000]).await?;
    }
}

/// Receives nothing.
#[ws_endpoint("/busy")]
async fn busy(handshake: Handshake) -> sockeye::Result {
    let _socket = handshake.accept().await?;
    pending().await
}

/// Never decides.
#[ws_endpoint("/think")]
async fn think(_handshake: Handshake) -> sockeye::Result {
    pending().await
}

async fn client() -> (TestClient, Connections) {
    logs::listen();
    let server = Server::new();
    let connections = server.connections();
    (TestClient::new(server).await.unwrap().patience(Duration::from_hours(1)), connections)
}

/// The one connection that is open.
fn only(connections: &Connections) -> Connection {
    let [one] = <[Connection; 1]>::try_from(connections.list()).expect("one connection");
    one
}

async fn closing(socket: &TestSocket) -> logs::Line {
    logs::closing_of(&socket.peer().to_string()).await
}

#[tokio::test(start_paused = true)]
async fn who_is_connected_is_listed_in_the_order_of_the_handshakes() -> Tested {
    let (client, connections) = client().await;
    assert!(connections.is_empty() && connections.list().is_empty());
    let thinking = client.request("/think");
    let undecided = tokio::time::timeout(Duration::from_secs(1), thinking.connect());
    assert!(undecided.await.is_err(), "it has no answer");
    let begun = SystemTime::now();
    let mut first = client.connect("/inbox/user-1").await?;
    let second = client.connect("/inbox/user-2").await?;
    let _anonymous = client.connect("/busy").await?;
    for text in ["one", "two", "three"] {
        first.send(text).await?;
        assert_eq!(first.recv_text().await?, text);
    }

    let listed = connections.list();
    let identities: Vec<_> = listed.iter().map(Connection::identity).collect();
    assert_eq!(identities, [Some("user-1"), Some("user-2"), None]);
    let [one, two, ..] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!((one.endpoint(), one.route()), ("inbox", "/inbox/{user}"));
    assert_eq!((one.peer(), one.client()), (Some(first.peer()), Some(first.peer().ip())));
    assert!((begun..=SystemTime::now()).contains(&one.since()), "{:?}", one.since());
    assert_eq!((one.received(), one.sent(), one.unreceived(), one.unsent_bytes()), (3, 3, 0, 0));
    assert_eq!((two.received(), two.sent()), (0, 0));
    assert!(one.id() < two.id());
    assert_eq!(connections.get(two.id()).map(|one| one.peer()), Some(Some(second.peer())));
    assert_eq!(connections.len(), 3);

    drop(first);
    while connections.len() > 2 {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(connections.get(one.id()).is_none() && connections.of("user-1").is_empty());
    // What is over cannot be closed.
    one.close(CloseCode::NORMAL, "");
    one.renew(SystemTime::now());
    Ok(())
}

#[tokio::test]
async fn a_user_is_logged_out_everywhere() {
    logs::listen();
    let server = Server::new();
    let connections = server.connections();
    let server = start(server).await;
    let mut of_user = [server.connect("/inbox/ann").await, server.connect("/inbox/ann").await];
    let mut other = server.connect("/inbox/bob").await;
    for client in of_user.iter_mut().chain([&mut other]) {
        say(client, "hello").await;
        assert_eq!(hear(client).await.into_text().expect("a text"), "hello");
    }
    let peers: Vec<_> = connections.of("ann").iter().filter_map(Connection::peer).collect();
    assert_eq!(connections.close_all_of("ann", CloseCode::UNAUTHORIZED, "logged out"), 2);
    // They are closing, or closed.
    assert_eq!(connections.close_all_of("ann", CloseCode::NORMAL, "again"), 0);
    for client in &mut of_user {
        assert_eq!(close_of(client).await, (3000, "logged out".to_owned()));
    }
    for peer in peers {
        let line = logs::closing_of(&peer.to_string()).await;
        assert_eq!((line.level, line.get("rule"), line.get("code")), (Level::INFO, "", "3000"), "{line:?}");
        assert_eq!(line.get("reason"), "the program closed the connection: logged out");
    }
    say(&mut other, "still here").await;
    assert_eq!(hear(&mut other).await.into_text().expect("a text"), "still here");
    assert_eq!(connections.close_all_of("nobody", CloseCode::NORMAL, ""), 0);
}

#[tokio::test(start_paused = true)]
async fn a_handler_takes_them_as_its_state() -> Tested {
    let (client, connections) = client().await;
    let mut first = client.connect("/once/ann").await?;
    assert_eq!(first.recv_text().await?, only(&connections).id().to_string());
    let mut second = client.connect("/once/ann").await?;
    let frame = first.closed().await?;
    assert_eq!((frame.code, &*frame.reason), (CloseCode::POLICY_VIOLATION, "connected elsewhere"));
    assert_eq!(second.recv_text().await?, connections.of("ann").last().expect("one").id().to_string());
    second.close(CloseCode::NORMAL, "").await?;
    client.assert_idle().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn whoever_is_behind_is_seen() -> Tested {
    let (client, connections) = client().await;
    let busy = client.connect("/busy").await?;
    for _ in 0..10 {
        busy.send("work").await?;
    }
    while only(&connections).received() < 10 {
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!((only(&connections).unreceived(), only(&connections).unsent_bytes()), (10, 0));
    busy.reset();
    client.assert_idle().await;

    let slow = client.connect("/flood").await?;
    slow.stop_reading();
    while only(&connections).unsent_bytes() < 64 * 1024 {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(only(&connections).sent() > 6, "{}", only(&connections).sent());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn they_are_seen_to_come_and_go_until_the_server_ends() -> Tested {
    let (client, connections) = client().await;
    let mut changes = connections.changes();
    let mut socket = client.connect("/inbox/ann").await?;
    let Some(ConnectionChange::Opened(opened)) = changes.next().await else { panic!("nobody came") };
    assert_eq!((opened.identity(), opened.received()), (Some("ann"), 0));
    socket.send("hello").await?;
    socket.recv().await?;
    socket.close(CloseCode::NORMAL, "").await?;
    // As a `Stream`.
    let Some(ConnectionChange::Closed(closed)) = StreamExt::next(&mut changes).await else {
        panic!("nobody left")
    };
    assert_eq!((closed.id(), closed.received(), closed.sent()), (opened.id(), 1, 1));
    drop(socket);

    // A handshake that is refused, and a page, are no connections.
    client.request("/nowhere").refused().await?;
    client.shutdown().await?;
    drop(client);
    assert!(within(changes.next()).await.is_none());
    assert!(connections.changes().next().await.is_none() && connections.is_empty());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_slow_watcher_is_told_what_it_has_missed() -> Tested {
    const MANY: u64 = 600;
    let (client, connections) = client().await;
    let mut changes = connections.changes();
    for _ in 0..MANY {
        let mut socket = client.connect("/inbox/ann").await?;
        socket.close(CloseCode::NORMAL, "").await?;
    }
    client.assert_idle().await;
    let Some(ConnectionChange::Lagged(missed)) = changes.next().await else { panic!("it kept up") };
    assert_eq!(missed, 2 * MANY - 1024);
    for number in missed..2 * MANY {
        let change = changes.next().await.expect("a change");
        let is_even = matches!(change, ConnectionChange::Opened(_)) && number % 2 == 0;
        let is_odd = matches!(change, ConnectionChange::Closed(_)) && number % 2 == 1;
        assert!(is_even || is_odd, "{number}: {change:?}");
    }
    Ok(())
}

/// How long it takes on the paused clock until the session is over. The handler has read the other clock a moment after the test.
async fn ends_after(socket: &mut TestSocket, begun: Instant) -> Result<u64, Box<dyn std::error::Error>> {
    let frame = socket.closed().await?;
    assert_eq!((frame.code, &*frame.reason), (CloseCode::UNAUTHORIZED, "the session has expired"));
    Ok((begun.elapsed() + Duration::from_millis(500)).as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_with_3000() -> Tested {
    let (client, _) = client().await;
    let begun = Instant::now();
    let mut socket = client.connect("/session/600").await?;
    assert_eq!(ends_after(&mut socket, begun).await?, 600);
    let line = closing(&socket).await;
    assert_eq!((line.level, line.get("rule"), line.get("code")), (Level::INFO, "session_expired", "3000"));
    assert_eq!(line.get("reason"), "the session has expired");
    assert!(line.get("remedy").contains("`Socket::renew`"), "{line:?}");
    client.assert_idle().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_session_can_be_prolonged_and_cut_short() -> Tested {
    let (client, connections) = client().await;
    let renew =
        async |socket: &mut TestSocket, seconds: u64| -> Result<Instant, Box<dyn std::error::Error>> {
            socket.send(seconds.to_string()).await?;
            assert_eq!(socket.recv_text().await?, "renewed");
            Ok(Instant::now())
        };
    let mut by_handler = client.connect("/session/100").await?;
    sleep(Duration::from_secs(90)).await;
    let begun = renew(&mut by_handler, 1000).await?;
    assert_eq!(ends_after(&mut by_handler, begun).await?, 1000);

    let mut shortened = client.connect("/session/100000").await?;
    sleep(Duration::from_secs(90)).await;
    let begun = renew(&mut shortened, 5).await?;
    assert_eq!(ends_after(&mut shortened, begun).await?, 5);

    let mut by_program = client.connect("/session/100").await?;
    sleep(Duration::from_secs(90)).await;
    let begun = Instant::now();
    for one in connections.of("somebody") {
        one.renew(SystemTime::now() + Duration::from_secs(200));
    }
    assert_eq!(ends_after(&mut by_program, begun).await?, 200);
    client.assert_idle().await;
    Ok(())
}

/// A script in a browser learns a close code, but no status.
#[tokio::test(start_paused = true)]
async fn a_session_that_is_over_is_accepted_and_told_so() -> Tested {
    let (client, _) = client().await;
    let mut socket = client.connect("/expired").await?;
    assert_eq!(ends_after(&mut socket, Instant::now()).await?, 0);
    client.assert_idle().await;
    Ok(())
}
