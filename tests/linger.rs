//! Handlers that go on when their connection has ended, and tasks of handlers that panic; on a paused clock.

use std::{future::pending, time::Duration};

use axum::extract::State;
use sockeye::{CloseCode, Handshake, Limits, Server, testing::TestClient, ws_endpoint};
use sockeye_tests::logs;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

type Tested = Result<(), Box<dyn std::error::Error>>;

/// What handlers say.
type Reports = mpsc::UnboundedSender<&'static str>;

/// Waits for something that never comes, and for nothing else.
#[ws_endpoint("/elsewhere")]
async fn elsewhere(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    pending::<()>().await;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Has much to do when its client has gone.
#[ws_endpoint("/tidy")]
async fn tidy(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    sleep(Duration::from_mins(10)).await;
    _ = reports.send("tidied up");
    Ok(())
}

/// Ends the connection itself, and goes on.
#[ws_endpoint("/early")]
async fn early(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some_and(|message| message.as_text() != Some("bye")) {}
    socket.close(CloseCode::NORMAL, "bye").await?;
    sleep(Duration::from_mins(10)).await;
    _ = reports.send("went on");
    Ok(())
}

/// Takes its time for each message.
#[ws_endpoint("/slow")]
async fn slow(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        sleep(Duration::from_secs(25)).await;
        _ = reports.send("worked");
        socket.send(message).await?;
    }
    Ok(())
}

/// Has a task that panics when it is told to.
#[ws_endpoint("/task")]
async fn task(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    socket.spawn(async move {
        assert!(told.await.is_err(), "the task broke");
    });
    let mut tell = Some(tell);
    while socket.recv().await?.is_some() {
        _ = tell.take().map(|tell| tell.send(()));
    }
    Ok(())
}

async fn client_of(limits: Limits) -> (TestClient, mpsc::UnboundedReceiver<&'static str>) {
    logs::listen();
    let (reports, said) = mpsc::unbounded_channel();
    let server = Server::new().state(reports).limits(limits);
    (TestClient::new(server).await.unwrap().patience(Duration::from_hours(1)), said)
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_does_not_notice_the_end_is_dropped() -> Tested {
    for (limits, seconds) in [(Limits::new(), 30), (Limits::new().linger(Duration::from_secs(3)), 3)] {
        let (client, _) = client_of(limits).await;
        let mut socket = client.connect("/elsewhere").await?;
        let peer = socket.peer().to_string();
        let begun = Instant::now();
        socket.close(CloseCode::NORMAL, "").await?;
        client.assert_idle().await;
        assert_eq!(begun.elapsed().as_secs(), seconds);

        let line = logs::closing_of(&peer).await;
        assert_eq!(line.level, tracing::Level::ERROR);
        assert_eq!(line.get("rule"), "lingering_handler");
        let expected = format!(
            "the peer closed with 1000 NORMAL; then the handler went on for {seconds}s without noticing, and was dropped"
        );
        assert_eq!(line.get("reason"), expected);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_behind_a_dead_network_is_dropped_too() -> Tested {
    let (client, _) = client_of(Limits::new()).await;
    let socket = client.connect("/elsewhere").await?;
    let begun = Instant::now();
    socket.go_silent();
    client.assert_idle().await;
    // 30 s of silence, 10 s to answer the ping, 5 s to answer the close frame, 30 s to notice.
    assert_eq!(begun.elapsed().as_secs(), 75);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_knows_is_left_to_finish() -> Tested {
    for (path, last, report) in [("/tidy", None, "tidied up"), ("/early", Some("bye"), "went on")] {
        let (client, mut said) = client_of(Limits::new()).await;
        let mut socket = client.connect(path).await?;
        if let Some(last) = last {
            socket.send(last).await?;
            socket.closed().await?;
        } else {
            socket.close(CloseCode::NORMAL, "").await?;
        }
        client.assert_idle().await;
        assert_eq!(said.try_recv()?, report);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_came_before_the_end_is_worked_through() -> Tested {
    let (client, mut said) = client_of(Limits::new()).await;
    let mut socket = client.connect("/slow").await?;
    for message in ["one", "two", "three"] {
        socket.send(message).await?;
    }
    socket.close(CloseCode::NORMAL, "").await?;
    client.assert_idle().await;
    assert_eq!([said.try_recv()?, said.try_recv()?, said.try_recv()?], ["worked"; 3]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_task_of_the_handler_ends_the_connection() -> Tested {
    let (client, _) = client_of(Limits::new()).await;
    let mut socket = client.connect("/task").await?;
    let peer = socket.peer().to_string();
    socket.send("break").await?;
    let frame = socket.closed().await?;
    assert_eq!((frame.code, &*frame.reason), (CloseCode::INTERNAL_ERROR, "internal error"));
    client.assert_idle().await;
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.get("rule"), line.get("code")), ("handler_panic", "1011"));
    assert_eq!(line.get("reason"), "a task of the handler panicked: the task broke");
    Ok(())
}
