//! A connection's place is free when the connection is over, however long its handler goes on; and handlers that go on are bounded.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::extract::State;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, StatusCode};
use sockeye::{Handshake, Limits, Server, ws_endpoint};
use sockeye_tests::{Client, PATIENCE, Running, logs, refusal, start, within};
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::{client::IntoClientRequest as _, handshake::client::Request};

/// Waits for something that never comes, and does not notice that its client leaves.
#[ws_endpoint("/deaf", group = "deaf")]
async fn deaf(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    std::future::pending::<()>().await;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The same, for clients of whom each may have one.
#[ws_endpoint("/deaf", group = "each")]
async fn deaf_to_each(handshake: Handshake) -> sockeye::Result {
    deaf(handshake).await
}

/// Notices that its client leaves, and saves something for as long as the test says.
#[ws_endpoint("/saves", group = "saves")]
async fn saves(handshake: Handshake, State(storage): State<Arc<Semaphore>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    let _saved = storage.acquire().await;
    Ok(())
}

static SAVED: AtomicUsize = AtomicUsize::new(0);

/// Saves each message before it looks at the connection again.
#[ws_endpoint("/busy", group = "reload")]
async fn busy(handshake: Handshake, State(storage): State<Arc<Semaphore>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
        storage.acquire().await.expect("it is never closed").forget();
        SAVED.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Refuses, and goes on.
#[ws_endpoint("/grumbles", group = "grumbles")]
async fn grumbles(handshake: Handshake) -> sockeye::Result {
    let refused = handshake.reject(StatusCode::FORBIDDEN, "not you");
    std::future::pending::<()>().await;
    Err(refused)
}

/// The time that a handler has by itself is longer than a test: whatever is dropped is dropped to make room.
fn server(group: &'static str, limits: Limits) -> Server {
    logs::listen();
    let limits = limits.trusted_proxies(1).handler_exit_timeout(2 * PATIENCE);
    Server::new().group(group).limits(limits)
}

fn from(server: &Running, path: &str, client: usize) -> Request {
    let mut request = server.url(path).into_client_request().expect("a request");
    let address = HeaderValue::from_str(&format!("198.51.100.{client}")).expect("a value");
    request.headers_mut().insert("x-forwarded-for", address);
    request
}

/// Connects as soon as there is a place: the server learns of an end a moment after the client.
async fn come(server: &Running, path: &str, client: usize) -> Client {
    let connect = async {
        loop {
            if let Ok((socket, _)) = tokio_tungstenite::connect_async(from(server, path, client)).await {
                return socket;
            }
            tokio::task::yield_now().await;
        }
    };
    within(connect).await
}

async fn come_and_leave(server: &Running, path: &str, client: usize) {
    let mut socket = come(server, path, client).await;
    socket.close(None).await.expect("closes");
    while socket.next().await.is_some_and(|message| message.is_ok()) {}
}

fn dropped_early(endpoint: &str) -> Vec<logs::Line> {
    let mut lines = logs::with("endpoint", endpoint);
    lines.retain(|line| line.get("reason").contains("was dropped early"));
    lines
}

#[tokio::test]
async fn who_has_left_keeps_nobody_out() {
    let server = start(server("deaf", Limits::new().max_connections(3))).await;
    for client in 0..20 {
        come_and_leave(&server, "/deaf", client).await;
    }
    let _all_places = [
        come(&server, "/deaf", 101).await,
        come(&server, "/deaf", 102).await,
        come(&server, "/deaf", 103).await,
    ];
    let (status, rule, _) = refusal(from(&server, "/deaf", 104)).await;
    assert_eq!((status, rule.as_str()), (503, "server_full"), "three are open");
    let reason = "the limit of 3 open WebSockets is reached";
    assert!(!logs::with("reason", reason).is_empty(), "and that is what is told");

    // Of the twenty at most three go on.
    within(async {
        while dropped_early("deaf").len() < 17 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let line = &dropped_early("deaf")[0];
    assert_eq!((line.level, line.get("rule")), (tracing::Level::ERROR, "lingering_handler"));
    let reason = "; the handler kept running after that, and was dropped early: the limit of lingering handlers was reached";
    assert!(line.get("reason").ends_with(reason), "{line:?}");
}

#[tokio::test]
async fn a_client_makes_room_with_its_own_handlers() {
    let limits = Limits::new().max_connections(100).max_connections_per_client(1);
    let server = start(server("each", limits)).await;
    come_and_leave(&server, "/deaf", 1).await;
    for _ in 0..5 {
        come_and_leave(&server, "/deaf", 2).await;
    }
    let _open = come(&server, "/deaf", 2).await;
    let lines = dropped_early("deaf_to_each");
    assert!(lines.iter().all(|line| line.get("client") == "198.51.100.2"), "{lines:?}");
    within(async {
        while dropped_early("deaf_to_each").len() < 4 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Two pages of one client are loaded again while what they sent is being saved.
#[tokio::test]
async fn as_many_handlers_as_the_limit_go_on() {
    let limits = Limits::new().max_connections(100).max_connections_per_client(2);
    let storage = Arc::new(Semaphore::new(0));
    let server = start(server("reload", limits).state(Arc::clone(&storage))).await;
    for round in ["first", "second"] {
        let mut pages = [come(&server, "/busy", 1).await, come(&server, "/busy", 1).await];
        for page in &mut pages {
            page.send(round.into()).await.expect("sends");
            assert_eq!(page.next().await.expect("a reply").expect("a message"), round.into());
        }
    }
    let _third = come(&server, "/busy", 2).await;
    storage.add_permits(4);
    within(async {
        while SAVED.load(Ordering::Relaxed) < 4 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(dropped_early("busy").is_empty());
}

#[tokio::test]
async fn handlers_that_know_are_left_to_finish_and_are_bounded() {
    let storage = Arc::new(Semaphore::new(0));
    let server = start(server("saves", Limits::new().max_connections(2)).state(Arc::clone(&storage))).await;
    let reason = "the limit of 2 lingering handlers is reached";
    let until_refused = async {
        let mut came = 0;
        while logs::with("reason", reason).is_empty() {
            let connected = tokio_tungstenite::connect_async(from(&server, "/saves", came)).await;
            if let Ok((mut socket, _)) = connected {
                came += 1;
                socket.close(None).await.expect("closes");
            }
        }
        came
    };
    let came = within(until_refused).await;
    assert!((3..=5).contains(&came), "{came} handlers for two places, and as many that go on");
    let line = &logs::with("reason", reason)[0];
    assert_eq!((line.get("rule"), line.get("status")), ("server_full", "503"));
    assert!(line.get("remedy").contains("soon after `recv` returns `None`"), "{line:?}");
    assert!(dropped_early("saves").is_empty());

    storage.add_permits(came);
    come_and_leave(&server, "/saves", 7).await;
}

#[tokio::test]
async fn who_was_refused_keeps_nobody_out() {
    let server = start(server("grumbles", Limits::new().max_connections(2))).await;
    for client in 0..20 {
        let (status, rule, _) = refusal(from(&server, "/grumbles", client)).await;
        assert_eq!((status, rule.as_str()), (403, "handler_refused"));
    }
    within(async {
        while dropped_early("grumbles").len() < 17 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let line = &dropped_early("grumbles")[0];
    assert_eq!((line.level, line.get("rule")), (tracing::Level::ERROR, "lingering_handler"));
}
