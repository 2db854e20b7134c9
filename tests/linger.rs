//! Handlers that go on when their connection has ended, and tasks of handlers that panic; on a paused clock.

use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};

use axum::{extract::State, http::StatusCode};
use sockeye::{CloseCode, Handshake, Limits, Sender, Server, Socket, testing::TestClient, ws_endpoint};
use sockeye_tests::{logs, reports::Reports};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

type Tested = Result<(), Box<dyn std::error::Error>>;

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

/// Takes one message, lets go, and works on it.
#[ws_endpoint("/job", allow(no_receive_loop, reason = "the connection is over when its one job is here"))]
async fn job(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    if socket.recv().await?.is_none() {
        return Ok(());
    }
    drop(socket);
    sleep(Duration::from_mins(10)).await;
    _ = reports.send("done");
    Ok(())
}

/// Works, and closes when its client has done so already.
#[ws_endpoint("/late")]
async fn late(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    if socket.recv().await?.is_some() {
        sleep(Duration::from_secs(10)).await;
        socket.close(CloseCode::NORMAL, "").await?;
        sleep(Duration::from_mins(10)).await;
        _ = reports.send("closed late");
    }
    Ok(())
}

/// Reads in a task, and waits for something that never comes.
#[ws_endpoint("/halves")]
async fn halves(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    sender.spawn(async move { while receiver.recv().await.is_ok_and(|message| message.is_some()) {} });
    pending::<()>().await;
    sender.send("never").await
}

/// What an actor would be told, and cannot be told because it is gone.
#[derive(Debug, Clone)]
struct Join(
    #[expect(dead_code, reason = "only held")] Sender,
    #[expect(dead_code, reason = "only held")] Arc<()>,
);

/// Returns an error that holds a handle of its own connection.
#[ws_endpoint("/cycle")]
async fn cycle(handshake: Handshake, State(token): State<Arc<()>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (room, _) = mpsc::channel(1);
    while receiver.recv().await?.is_some() {
        room.send(Join(sender.clone(), Arc::clone(&token))).await?;
    }
    Ok(())
}

/// Has a task that takes every end badly.
#[ws_endpoint("/unhappy")]
async fn unhappy(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    let (done, finished) = tokio::sync::oneshot::channel::<()>();
    socket.spawn(async move {
        let _done = done;
        assert!(told.await.is_err(), "the end came too early");
    });
    while socket.recv().await?.is_some() {}
    _ = tell.send(());
    _ = finished.await;
    Ok(())
}

/// Refuses, and then waits for something that never comes.
#[ws_endpoint("/grumble")]
async fn grumble(handshake: Handshake) -> sockeye::Result {
    let refused = handshake.reject(StatusCode::FORBIDDEN, "not you");
    pending::<()>().await;
    Err(refused)
}

/// The end leads to the next `recv`, in a way that no rule sees: what becomes of a value in another function is unknown.
#[ws_endpoint("/spins")]
async fn spins(handshake: Handshake) -> sockeye::Result {
    async fn once(socket: &mut Socket) -> sockeye::Result {
        std::hint::black_box(socket.recv().await?);
        Ok(())
    }
    let mut socket = handshake.accept().await?;
    loop {
        once(&mut socket).await?;
    }
}

/// Looks at the socket after its end as well, while it works.
#[ws_endpoint("/works")]
async fn works(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    for _ in 0..2_000 {
        for _ in 0..50 {
            assert!(socket.recv().await?.is_none(), "the end does not go away");
        }
        tokio::task::yield_now().await;
    }
    _ = reports.send("worked");
    Ok(())
}

async fn client_of(limits: Limits) -> (TestClient, mpsc::UnboundedReceiver<&'static str>) {
    logs::listen();
    let (reports, said) = mpsc::unbounded_channel();
    let server = Server::new().state(reports).state(Arc::new(())).limits(limits);
    (TestClient::new(server).await.unwrap().patience(Duration::from_hours(1)), said)
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_does_not_notice_the_end_is_dropped() -> Tested {
    for (limits, seconds) in
        [(Limits::new(), 30), (Limits::new().handler_exit_timeout(Duration::from_secs(3)), 3)]
    {
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
            "the peer closed the connection with 1000 NORMAL; the handler kept running for {seconds}s after that, and was dropped"
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

#[tokio::test(start_paused = true)]
async fn a_handler_that_has_let_go_or_closed_is_left_to_finish() -> Tested {
    for (path, report) in [("/job", "done"), ("/late", "closed late")] {
        let (client, mut said) = client_of(Limits::new()).await;
        let mut socket = client.connect(path).await?;
        // Both in one write: the end is there before the handler looks.
        socket.send("work").await?;
        socket.close(CloseCode::NORMAL, "").await?;
        client.assert_idle().await;
        assert_eq!(said.try_recv()?, report);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_task_has_noticed_the_handler_has_not() -> Tested {
    let (client, _) = client_of(Limits::new()).await;
    let mut socket = client.connect("/halves").await?;
    let peer = socket.peer().to_string();
    socket.close(CloseCode::NORMAL, "").await?;
    client.assert_idle().await;
    assert_eq!(logs::closing_of(&peer).await.get("rule"), "lingering_handler");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_only_receives_after_the_end_is_dropped() -> Tested {
    let (client, _) = client_of(Limits::new()).await;
    let mut socket = client.connect("/spins").await?;
    let peer = socket.peer().to_string();
    socket.send("one").await?;
    socket.close(CloseCode::NORMAL, "").await?;
    client.assert_idle().await;
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.level, line.get("rule")), (tracing::Level::ERROR, "spinning_loop"));
    assert_eq!(
        line.get("reason"),
        "the peer closed the connection with 1000 NORMAL; the handler kept calling `recv` after it had returned the end, \
         without waiting for anything else, and was dropped"
    );
    assert!(line.get("remedy").starts_with("leave the loop when `recv` yields `None`"), "{line:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_does_something_in_between_is_left_to_finish() -> Tested {
    let (client, mut said) = client_of(Limits::new()).await;
    let mut socket = client.connect("/works").await?;
    socket.close(CloseCode::NORMAL, "").await?;
    client.assert_idle().await;
    assert_eq!(said.try_recv()?, "worked");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn unread_messages_do_not_hide_that_the_peer_has_gone() -> Tested {
    let (client, _) = client_of(Limits::new()).await;
    let socket = client.connect("/elsewhere").await?;
    let peer = socket.peer().to_string();
    for _ in 0..100 {
        socket.send("x").await?;
    }
    sleep(Duration::from_secs(1)).await;
    socket.reset();
    client.assert_idle().await;
    assert_eq!(logs::closing_of(&peer).await.get("rule"), "lingering_handler");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_error_that_holds_a_handle_is_let_go_of() -> Tested {
    logs::listen();
    let token = Arc::new(());
    let (reports, _said) = mpsc::unbounded_channel::<&'static str>();
    let client = TestClient::new(Server::new().state(reports).state(Arc::clone(&token))).await?;
    let before = Arc::strong_count(&token);
    let mut socket = client.connect("/cycle").await?;
    let peer = socket.peer().to_string();
    socket.send("join").await?;
    assert_eq!(socket.closed().await?.code, CloseCode::INTERNAL_ERROR);
    client.assert_idle().await;
    assert_eq!(logs::closing_of(&peer).await.get("rule"), "handler_error");
    assert_eq!(Arc::strong_count(&token), before);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_task_after_the_end_is_told_too() -> Tested {
    let (client, _) = client_of(Limits::new()).await;
    let mut socket = client.connect("/unhappy").await?;
    let peer = socket.peer().to_string();
    socket.close(CloseCode::NORMAL, "").await?;
    client.assert_idle().await;
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.get("rule"), line.get("code")), ("handler_panic", "1000"));
    let reason = "the peer closed the connection with 1000 NORMAL; then a task of the handler panicked: the end came too early";
    assert_eq!(line.get("reason"), reason);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_has_refused_does_not_go_on_for_ever() -> Tested {
    for (limits, seconds) in
        [(Limits::new(), 30), (Limits::new().handler_exit_timeout(Duration::from_secs(3)), 3)]
    {
        let (client, _) = client_of(limits.max_connections(12)).await;
        let begun = Instant::now();
        let peers = [50_001, 50_002, 50_003].map(|port| SocketAddr::from(([10, 7, 0, seconds], port)));
        for peer in peers {
            let refusal = client.request("/grumble").peer(peer).refused().await?;
            assert_eq!((refusal.status().as_u16(), refusal.reason()), (403, "not you"));
        }
        client.assert_idle().await;
        assert_eq!(begun.elapsed().as_secs(), u64::from(seconds));
        for peer in peers {
            let lines = logs::with("peer", &peer.to_string());
            let line = lines.iter().find(|line| line.get("rule") == "lingering_handler").expect("a line");
            assert_eq!((line.level, line.get("endpoint")), (tracing::Level::ERROR, "grumble"));
            let expected = format!(
                "the handler kept running for {seconds}s after it had rejected the handshake, and was dropped"
            );
            assert_eq!(line.get("reason"), expected);
        }
    }
    Ok(())
}
