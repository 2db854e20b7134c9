//! Heartbeats and deadlines, on a paused clock: what comes is asserted, and when it comes on that clock.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::extract::State;
use futures_util::{SinkExt as _, StreamExt as _};
use sockeye::{
    CloseCode, Codec, Handshake, Heartbeat, Limits, Message, Server,
    testing::{TestClient, TestSocket},
    ws_endpoint,
};
use sockeye_tests::{
    logs,
    raw::{HEAD, frame},
    reports::{Guard, Reports},
    start, within,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Instant, interval_at, sleep},
};

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let _guard = Guard(reports, "echo ended");
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Waits for messages and for something else that never comes.
#[ws_endpoint("/select")]
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
            () = pending() => {}
        }
    }
}

/// Works for a minute before it looks at its socket.
#[ws_endpoint("/work")]
async fn work(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    sleep(Duration::from_mins(1)).await;
    socket.send("done").await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Says how its peer left.
#[ws_endpoint("/patient", heartbeat = off)]
async fn patient(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Wants to know sooner.
#[ws_endpoint("/eager", heartbeat = "3s")]
async fn eager(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Sends without end.
#[ws_endpoint("/flood")]
async fn flood(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let _guard = Guard(reports, "flood ended");
    let block = Message::binary(vec![7; 16 * 1024]);
    let send = async {
        loop {
            sender.send(&block).await?;
        }
    };
    let receive = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! {
        ended = send => ended,
        ended = receive => ended,
    }
}

/// Closes at once.
#[ws_endpoint("/leave")]
async fn leave(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(CloseCode::NORMAL, "done").await
}

/// Sends much, and ends.
#[ws_endpoint("/bulk")]
async fn bulk(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        for _ in 0..32 {
            socket.send(vec![0; 64 * 1024]).await?;
        }
        if message.as_text() == Some("last") {
            break;
        }
    }
    Ok(())
}

/// Echoes, and sleeps for nine minutes after the first message.
#[ws_endpoint("/nap")]
async fn nap(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut tired = true;
    while let Some(message) = socket.recv().await? {
        if std::mem::take(&mut tired) {
            sleep(Duration::from_mins(9)).await;
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// Never decides.
#[ws_endpoint("/think")]
async fn think(_handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let _guard = Guard(reports, "think ended");
    pending().await
}

fn server() -> (Server, mpsc::UnboundedReceiver<&'static str>) {
    logs::listen();
    let (reports, ended) = mpsc::unbounded_channel();
    (Server::new().state(reports), ended)
}

/// A client whose patience outlasts every deadline.
async fn client_of(server: Server) -> TestClient {
    TestClient::new(server).await.unwrap().patience(Duration::from_mins(10))
}

async fn client() -> TestClient {
    client_of(server().0).await
}

async fn next(reports: &mut mpsc::UnboundedReceiver<&'static str>) -> &'static str {
    tokio::time::timeout(Duration::from_mins(10), reports.recv())
        .await
        .expect("a report in time")
        .expect("a report")
}

async fn closing(socket: &TestSocket) -> logs::Line {
    logs::closing_of(&socket.peer().to_string()).await
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_pinged_every_30_seconds() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    let begun = Instant::now();
    for n in 1..=20 {
        socket.recv_ping().await?;
        assert_eq!(begun.elapsed().as_secs(), n * 30);
    }
    socket.send("still here").await?;
    assert_eq!(socket.recv_text().await?, "still here");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_answer_a_ping_in_10_seconds_is_gone() -> Tested {
    for path in ["/echo", "/select"] {
        let client = client().await;
        let socket = client.connect(path).await?;
        let begun = Instant::now();
        socket.go_silent();
        client.assert_idle().await;
        // 30 s of silence, 10 s to answer, 5 s to answer the close frame.
        assert_eq!(begun.elapsed().as_secs(), 45, "{path}");
        let line = closing(&socket).await;
        assert_eq!((line.get("rule"), line.get("code")), ("heartbeat_missed", "1011"), "{line:?}");
        assert_eq!(line.get("reason"), "no answer to a ping within 10s");
        assert_eq!(line.level, tracing::Level::WARN);
    }
    Ok(())
}

/// Echoes, and says that it is there when it has said nothing for 20 s.
#[ws_endpoint("/audible", heartbeat_message = "20s")]
async fn audible(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Numbers, which have a heartbeat message of their own.
struct Numbers;

impl Codec for Numbers {
    type In = ();
    type Out = u8;

    fn decode(_: Message) -> sockeye::Result<()> {
        Ok(())
    }

    fn encode(number: &u8) -> sockeye::Result<Message> {
        Ok(Message::binary(vec![*number]))
    }

    fn heartbeat_message(_: Duration) -> Option<Message> {
        Some(Message::binary(Vec::new()))
    }
}

/// Sends a number every 3 s, and an empty message every 2 s.
#[ws_endpoint("/numbers", heartbeat_message = "2s")]
async fn numbers(handshake: Handshake<Numbers>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut tick = interval_at(Instant::now() + Duration::from_secs(3), Duration::from_secs(3));
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            _ = tick.tick() => socket.send(7).await?,
        }
    }
}

const ALIVE: &str = r#"{"sockeye":"heartbeat","every":20000}"#;

#[tokio::test(start_paused = true)]
async fn a_script_hears_from_a_silent_server_at_once_and_then_every_interval() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/audible").await?;
    let begun = Instant::now();
    assert_eq!(socket.recv_text().await?, ALIVE, "it tells when to expect the next");
    assert_eq!(begun.elapsed().as_secs(), 0);
    for n in 1..=5 {
        assert_eq!(socket.recv_text().await?, ALIVE);
        assert_eq!(begun.elapsed().as_secs(), n * 20);
    }
    Ok(())
}

/// Says nothing, and leaves the interval of its heartbeat messages to the server.
#[ws_endpoint("/interval_of_server", heartbeat_message)]
async fn interval_of_server(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_server_sets_the_interval_of_heartbeat_messages_without_one() -> Tested {
    let heartbeat = Heartbeat::default().message_interval(Duration::from_secs(7));
    for (server, interval) in [(server().0, 30), (server().0.heartbeat(heartbeat), 7)] {
        let client = client_of(server).await;
        let mut socket = client.connect("/interval_of_server").await?;
        let begun = Instant::now();
        let alive = format!(r#"{{"sockeye":"heartbeat","every":{interval}000}}"#);
        for n in 0..3 {
            assert_eq!(socket.recv_text().await?, alive);
            assert_eq!(begun.elapsed().as_secs(), n * interval);
        }
    }
    Ok(())
}

/// Greets, and then says nothing.
#[ws_endpoint("/greeting", heartbeat_message = "20s")]
async fn greeting(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send("welcome").await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_first_message_of_a_handler_comes_before_the_first_heartbeat_message() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/greeting").await?;
    let begun = Instant::now();
    for (second, text) in [(0, "welcome"), (0, ALIVE), (20, ALIVE)] {
        assert_eq!(socket.recv_text().await?, text);
        assert_eq!(begun.elapsed().as_secs(), second);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_just_sent_something_needs_no_heartbeat_message() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/audible").await?;
    let begun = Instant::now();
    assert_eq!(socket.recv_text().await?, ALIVE);
    for _ in 0..3 {
        sleep(Duration::from_secs(15)).await;
        socket.send("here").await?;
        assert_eq!(socket.recv_text().await?, "here");
    }
    assert_eq!(socket.recv_text().await?, ALIVE);
    assert_eq!(begun.elapsed().as_secs(), 45 + 20);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_codec_can_write_its_own_heartbeat_message() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/numbers").await?;
    let begun = Instant::now();
    for (second, bytes) in [(0, &[][..]), (2, &[]), (3, &[7]), (5, &[]), (6, &[7]), (8, &[])] {
        assert_eq!(socket.recv_binary().await?, bytes, "after {second} s");
        assert_eq!(begun.elapsed().as_secs(), second);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_not_sent_heartbeat_messages_without_end() -> Tested {
    let client = client().await;
    let socket = client.connect("/audible").await?;
    let begun = Instant::now();
    socket.go_silent();
    client.assert_idle().await;
    // The heartbeat goes on beside the message: 30 s of silence, 10 s to answer, 5 s to answer the close frame.
    assert_eq!(begun.elapsed().as_secs(), 45);
    Ok(())
}

/// Pings, and closes with what came of it.
#[ws_endpoint("/ping")]
async fn ping(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let time = socket.ping().await?;
    socket.close(CloseCode::NORMAL, format!("{time:?}")).await
}

#[tokio::test(start_paused = true)]
async fn a_ping_of_a_handler_has_an_answer_or_a_deadline() -> Tested {
    let client = client().await;
    let mut there = client.connect("/ping").await?;
    assert_eq!(there.recv_ping().await?.len(), 8);
    assert_eq!(there.closed().await?.reason, "0ns");

    // Who answers only the last of two pings has answered both (RFC 6455 section 5.5.3).
    let behind = client.connect("/ping").await?;
    let begun = Instant::now();
    behind.go_silent();
    client.assert_idle().await;
    assert_eq!(begun.elapsed().as_secs(), 15, "10 s for the ping, 5 s for the close frame");
    let line = closing(&behind).await;
    assert_eq!((line.get("rule"), line.get("code")), ("heartbeat_missed", "1011"), "{line:?}");

    // A client that talks so much that its pong is behind what the handler does not receive.
    let mut busy = client.connect("/ping").await?;
    busy.stop_reading();
    for _ in 0..64 {
        busy.send("unread").await?;
    }
    sleep(Duration::from_secs(1)).await;
    busy.resume_reading();
    assert_eq!(busy.closed().await?.code, CloseCode::INTERNAL_ERROR);
    let line = closing(&busy).await;
    assert_eq!(line.get("rule"), "handler_error", "{line:?}");
    assert!(line.get("reason").contains("await `ping` beside `recv`"), "{line:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_client_without_messages_is_idle_if_there_is_a_limit() -> Tested {
    let limits = sockeye::Limits::new().idle_timeout(Duration::from_secs(100));
    let client = client_of(server().0.limits(limits)).await;
    let mut socket = client.connect("/echo").await?;
    for _ in 0..3 {
        sleep(Duration::from_secs(99)).await;
        socket.send("busy").await?;
        assert_eq!(socket.recv_text().await?, "busy");
    }
    sleep(Duration::from_mins(1)).await;
    // A part of a message counts.
    socket.send_raw(frame(0x01, b"part")).await?;
    let begun = Instant::now();
    sleep(Duration::from_secs(50)).await;
    // Neither a pong nor a ping does, and the heartbeat's have been answered all the time.
    socket.send_raw(frame(0x8a, b"unasked")).await?;
    socket.send_raw(frame(0x89, b"question")).await?;
    let frame = socket.closed().await?;
    assert_eq!((frame.code, &*frame.reason), (CloseCode::GOING_AWAY, "no message arrived in time"));
    assert_eq!(begun.elapsed().as_secs(), 100);
    let line = closing(&socket).await;
    assert_eq!((line.get("rule"), line.level), ("idle_timeout", tracing::Level::INFO), "{line:?}");
    assert_eq!(line.get("reason"), "no message arrived within 100s");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stood_still_listens_before_it_judges() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    socket.recv_ping().await?;
    socket.stop_reading();
    sleep(Duration::from_secs(31)).await;
    // Everything stands still, and the deadline is long over when it goes on.
    tokio::time::advance(Duration::from_secs(25)).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    socket.resume_reading();
    socket.recv_ping().await?;
    socket.send("still here").await?;
    assert_eq!(socket.recv_text().await?, "still here");

    // It is not believed for ever.
    socket.go_silent();
    sleep(Duration::from_secs(31)).await;
    let begun = Instant::now();
    tokio::time::advance(Duration::from_secs(25)).await;
    client.assert_idle().await;
    assert_eq!(begun.elapsed().as_secs(), 25 + 5 + 5, "the reprieve, and the time to answer the close frame");
    assert_eq!(closing(&socket).await.get("rule"), "heartbeat_missed");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_too_late_finds_the_ping_and_the_close_frame() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    socket.stop_reading();
    sleep(Duration::from_secs(42)).await;
    socket.resume_reading();
    assert_eq!(socket.recv_ping().await?, "");
    let frame = socket.closed().await?;
    assert_eq!((frame.code, &*frame.reason), (CloseCode::INTERNAL_ERROR, "no answer to a ping"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_learns_of_a_missed_heartbeat_at_once() -> Tested {
    let (server, mut reports) = server();
    let client = client_of(server).await;
    let socket = client.connect("/echo").await?;
    let begun = Instant::now();
    socket.go_silent();
    assert_eq!(next(&mut reports).await, "echo ended");
    assert_eq!(begun.elapsed().as_secs(), 40);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_busy_handler_has_a_heartbeat_too() -> Tested {
    let client = client().await;
    let mut there = client.connect("/work").await?;
    let begun = Instant::now();
    there.recv_ping().await?;
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert_eq!(there.recv_text().await?, "done");
    assert_eq!(begun.elapsed().as_secs(), 60);
    drop(there);

    let gone = client.connect("/work").await?;
    gone.go_silent();
    client.assert_idle().await;
    let line = closing(&gone).await;
    assert_eq!((line.get("rule"), line.get("open_for")), ("heartbeat_missed", "45s"), "{line:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn any_traffic_is_a_sign_of_life() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    for _ in 0..10 {
        sleep(Duration::from_secs(29)).await;
        socket.send("busy").await?;
        assert_eq!(socket.recv_text().await?, "busy");
    }
    sleep(Duration::from_secs(29)).await;
    // Part of a message is a sign as well, and so is a pong that nobody asked for.
    socket.send_raw(frame(0x01, b"beginning")).await?;
    sleep(Duration::from_secs(29)).await;
    socket.send_raw(frame(0x8a, b"")).await?;
    sleep(Duration::from_secs(29)).await;
    socket.send_raw(frame(0x80, b" and end")).await?;
    assert_eq!(socket.recv_text().await?, "beginning and end");
    let error = async {
        socket.set_patience(Duration::from_secs(29));
        socket.recv_ping().await.unwrap_err()
    };
    assert!(error.await.is_timeout(), "no ping was ever needed");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn traffic_is_an_answer_to_a_ping() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    // It reads nothing, so no pong of its own is ever sent.
    socket.stop_reading();
    for _ in 0..10 {
        sleep(Duration::from_secs(35)).await;
        socket.send("busy").await?;
    }
    socket.resume_reading();
    for _ in 0..10 {
        assert_eq!(socket.recv_text().await?, "busy");
        socket.recv_ping().await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_can_have_no_heartbeat() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/patient").await?;
    socket.set_patience(Duration::from_hours(24));
    assert!(socket.recv_ping().await.unwrap_err().is_timeout());
    socket.send("after a day").await?;
    assert_eq!(socket.recv_text().await?, "after a day");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn endpoint_and_server_can_set_the_interval() -> Tested {
    let heartbeat = Heartbeat::every(Duration::from_secs(7)).timeout(Duration::from_secs(2));
    let client = client_of(server().0.heartbeat(heartbeat)).await;
    for (path, ping, gone) in [("/eager", 3, 10), ("/echo", 7, 14)] {
        let mut socket = client.connect(path).await?;
        let begun = Instant::now();
        socket.recv_ping().await?;
        assert_eq!(begun.elapsed().as_secs(), ping, "{path}");
        let socket = client.connect(path).await?;
        let begun = Instant::now();
        socket.go_silent();
        let line = closing(&socket).await;
        assert_eq!(line.get("reason"), "no answer to a ping within 2s", "{path}");
        assert_eq!(begun.elapsed().as_secs(), gone, "{path}: interval, timeout, close");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_closed_with_1013() -> Tested {
    let (server, mut reports) = server();
    let client = client_of(server).await;
    let mut socket = client.connect("/flood").await?;
    let begun = Instant::now();
    socket.stop_reading();
    assert_eq!(next(&mut reports).await, "flood ended", "its send fails");
    assert_eq!(begun.elapsed().as_secs(), 10);
    socket.resume_reading();
    let frame = loop {
        match socket.recv().await {
            Ok(_) => {}
            Err(error) => break error.close_frame().cloned().ok_or(error)?,
        }
    };
    assert_eq!((frame.code, &*frame.reason), (CloseCode::TRY_AGAIN_LATER, "messages are not being read"));
    let line = closing(&socket).await;
    assert_eq!((line.get("rule"), line.get("code")), ("slow_consumer", "1013"), "{line:?}");
    assert_eq!(line.get("reason"), "the peer has not read anything for 10s");
    client.assert_idle().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_again_is_cut_off() -> Tested {
    let client = client().await;
    let socket = client.connect("/flood").await?;
    let begun = Instant::now();
    socket.stop_reading();
    client.assert_idle().await;
    assert_eq!(begun.elapsed().as_secs(), 15, "10 s for a send, 5 s for the close");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_is_not_closed() -> Tested {
    // A ping would wait behind what the peer takes only slowly; that is no missed heartbeat either.
    let heartbeat = Heartbeat::every(Duration::from_secs(1)).timeout(Duration::from_secs(1));
    let client = client_of(server().0.heartbeat(heartbeat)).await;
    let mut socket = client.connect("/flood").await?;
    for _ in 0..20 {
        socket.stop_reading();
        sleep(Duration::from_secs(9)).await;
        socket.resume_reading();
        socket.recv_binary().await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_gets_everything_and_the_close_frame() -> Tested {
    let client = client_of(server().0.heartbeat(Heartbeat::off())).await;
    let mut stream = client.stream();
    let peer = stream.peer().to_string();
    stream.write_all(format!("GET /bulk HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await?;
    stream.write_all(&frame(0x81, b"last")).await?;
    let mut taken = Vec::new();
    while taken.len() < 2 * 1024 * 1024 {
        sleep(Duration::from_secs(4)).await;
        let mut room = vec![0; 32 * 1024];
        let size = stream.read(&mut room).await?;
        assert!(size > 0, "cut off after {} bytes", taken.len());
        taken.extend_from_slice(&room[..size]);
    }
    stream.read_to_end(&mut taken).await?;
    assert!(taken.ends_with(&[0x88, 2, 0x03, 0xe8]), "a close frame with 1000");
    assert_eq!(pings(&taken), [] as [&[u8]; 0], "the heartbeat is off");
    client.assert_idle().await;
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.get("rule"), line.get("code")), ("", "1000"), "{line:?}");
    Ok(())
}

/// The payloads of pings among messages of zeros.
fn pings(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.windows(18).filter(|ping| ping.starts_with(&[0x89, 16])).map(|ping| &ping[2..]).collect()
}

/// What the system of a peer has received, the peer has still to read: all that the server sees of it meanwhile are pongs.
#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_what_its_system_has_received_is_not_slow() -> Tested {
    for (answered, is_forged, code) in [(8, false, "1000"), (4, false, "1013"), (8, true, "1013")] {
        let client = client_of(server().0).await;
        let mut stream = client.stream();
        let peer = stream.peer().to_string();
        stream.write_all(format!("GET /bulk HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await?;
        stream.write_all(&frame(0x81, b"last")).await?;
        let mut received = vec![0; 9 * 64 * 1024];
        stream.read_exact(&mut received).await?;
        let pings = pings(&received);
        assert_eq!(pings.len(), 8, "one behind each 64 KiB");
        for ping in &pings[..answered] {
            sleep(Duration::from_secs(9)).await;
            // A peer that does not read knows no payload; once it is closed, nobody takes its pongs.
            let pong = if is_forged { b"" } else { *ping };
            let _ = stream.write_all(&frame(0x8a, pong)).await;
        }
        sleep(Duration::from_secs(if code == "1000" { 9 } else { 11 })).await;
        stream.read_to_end(&mut received).await?;
        let line = logs::closing_of(&peer).await;
        assert_eq!(line.get("code"), code, "{answered} answered: {line:?}");
        client.assert_idle().await;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_while_it_is_behind_gets_everything_too() -> Tested {
    let client = client_of(server().0.heartbeat(Heartbeat::off())).await;
    let mut stream = client.stream();
    stream.write_all(format!("GET /bulk HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await?;
    stream.write_all(&frame(0x81, b"last")).await?;
    // So much that the handler has ended, and so little that its last messages are still waiting.
    let mut taken = vec![0; 31 * 64 * 1024];
    stream.read_exact(&mut taken).await?;
    sleep(Duration::from_secs(1)).await;
    stream.write_all(&frame(0x88, &1000_u16.to_be_bytes())).await?;
    sleep(Duration::from_secs(1)).await;
    let before = taken.len();
    stream.read_to_end(&mut taken).await?;
    assert!(taken.len() > before + 32 * 1024, "{} bytes more", taken.len() - before);
    assert!(taken.ends_with(&[0x88, 2, 0x03, 0xe8]), "a close frame with 1000");
    assert!(taken.len() > 32 * 64 * 1024, "all of it");
    client.assert_idle().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn answers_to_pings_are_not_held_against_a_peer() -> Tested {
    let limits = Limits::new().max_message_rate(5, 10);
    let client = client_of(server().0.limits(limits)).await;
    let mut socket = client.connect("/nap").await?;
    // One to work on, and two that leave no room for more.
    for size in [1, 40_000, 40_000] {
        socket.send(vec![0; size]).await?;
    }
    for size in [1, 40_000, 40_000] {
        assert_eq!(socket.recv_binary().await?.len(), size);
    }
    socket.send("still here").await?;
    assert_eq!(socket.recv_text().await?, "still here");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_peer_has_5_seconds_to_answer_a_close_frame() -> Tested {
    let client = client().await;
    let socket = client.connect("/leave").await?;
    let begun = Instant::now();
    socket.go_silent();
    client.assert_idle().await;
    assert_eq!(begun.elapsed().as_secs(), 5);
    let line = closing(&socket).await;
    assert_eq!((line.get("code"), line.get("reason")), ("1000", "the handler closed the connection: done"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_violation_is_parted_from_within_5_seconds() -> Tested {
    let client = client().await;
    let socket = client.connect("/echo").await?;
    // It neither reads nor closes its side.
    socket.stop_reading();
    let begun = Instant::now();
    socket.send_raw(frame(0x83, b"no such opcode")).await?;
    client.assert_idle().await;
    assert_eq!(begun.elapsed().as_secs(), 5);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_has_10_seconds_to_decide() -> Tested {
    let (server, mut reports) = server();
    let client = client_of(server).await;
    let begun = Instant::now();
    let refusal = client.request("/think").refused().await?;
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert_eq!((refusal.status().as_u16(), refusal.rule()), (503, Some("never_accepted")));
    assert_eq!(next(&mut reports).await, "think ended");
    client.assert_idle().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_client_has_10_seconds_to_say_what_it_wants() -> Tested {
    let client = client().await;
    let beginnings =
        ["", "P", "GET /echo", "GET /echo HTTP/1.1\r\n", "GET /echo HTTP/1.1\r\nHost: localhost\r\n"];
    for beginning in beginnings {
        let mut stream = client.stream();
        let begun = Instant::now();
        stream.write_all(beginning.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        assert_eq!(begun.elapsed().as_secs(), 10, "{beginning:?}");
    }
    Ok(())
}

/// A proxy that can stop to forward, with everything left open: a cable that was pulled somewhere behind it.
struct Proxy {
    addr: std::net::SocketAddr,
    cut: Arc<AtomicBool>,
}

impl Proxy {
    async fn before(server: std::net::SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, cut) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let pulled = Arc::clone(&cut);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = sockeye_tests::dial(server).await;
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(forward(from_client, to_server, Arc::clone(&pulled)));
                tokio::spawn(forward(from_server, to_client, Arc::clone(&pulled)));
            }
        });
        Self { addr, cut }
    }
}

async fn forward(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    cut: Arc<AtomicBool>,
) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if cut.load(Ordering::SeqCst) {
            return pending().await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_peer_behind_a_dead_network_is_gone_and_so_is_its_handler() -> Tested {
    let (server, mut reports) = server();
    let heartbeat = Heartbeat::every(Duration::from_millis(100)).timeout(Duration::from_millis(100));
    let limits = Limits::new().close_timeout(Duration::from_millis(100));
    let mut server = start(server.heartbeat(heartbeat).limits(limits)).await;
    let proxy = Proxy::before(server.addr).await;
    let stream = TcpStream::connect(proxy.addr).await?;
    let (mut client, _) =
        within(tokio_tungstenite::client_async(format!("ws://{}/echo", proxy.addr), stream)).await?;
    client.send("hello".into()).await?;
    while !within(client.next()).await.ok_or("an echo")??.is_text() {}
    assert!(reports.try_recv().is_err(), "the handler runs");
    proxy.cut.store(true, Ordering::SeqCst);
    // Nothing was closed: that the peer is gone shows in its silence only.
    assert_eq!(next(&mut reports).await, "echo ended");
    let missed = within(async {
        loop {
            let lines = logs::with("reason", "no answer to a ping within 100ms");
            if !lines.is_empty() {
                return lines;
            }
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(missed.len(), 1);
    assert_eq!(missed[0].get("rule"), "heartbeat_missed");
    server.stop();
    server.ended().await;
    drop(client);
    Ok(())
}
