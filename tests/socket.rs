//! Open connections: messages, closes, failures, and what the peer sees of each.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::extract::State;
use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use sockeye::{CloseCode, Handshake, Json, Limits, Message, Server, ws_endpoint};
use sockeye_tests::{
    Client, Running, close_of, hear, logs,
    raw::{self, RawSocket, frame},
    say, start, within,
};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message as Theirs;
use tracing::Level;

/// Panics when it is dropped.
struct Bomb;

impl AsRef<[u8]> for Bomb {
    fn as_ref(&self) -> &[u8] {
        b"tick"
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the pool is gone");
    }
}

/// Answers with a payload that panics when it is dropped, and a message behind it.
#[ws_endpoint("/bomb")]
async fn bomb(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        socket.feed(bytes::Bytes::from_owner(Bomb)).await?;
        socket.send("behind it").await?;
    }
    Ok(())
}

/// A task closes with a sender while the handler receives; what it has received comes into the reason.
#[ws_endpoint("/close/half")]
async fn close_half(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let closer = sender.clone();
    let (gate, told) = tokio::sync::oneshot::channel::<()>();
    sender.spawn(async move {
        _ = told.await;
        let longer = "the room is closed ".repeat(10);
        let _over = closer.close(CloseCode::SERVICE_RESTART, longer).await;
    });
    let _first = receiver.recv().await?;
    _ = gate.send(());
    while receiver.recv().await?.is_some() {}
    assert!(sender.send("too late").await.is_err_and(|error| error.is_disconnect()));
    sender.close(CloseCode::NORMAL, "again").await
}

/// Pings when it is told to, and says how it went.
#[ws_endpoint("/ping")]
async fn ping(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        let Some(message) = receiver.recv().await? else { return Ok(()) };
        match message.as_text() {
            Some("three") => {
                let (one, two, three) = tokio::join!(sender.ping(), sender.ping(), sender.ping());
                assert!(one? == two? && three.is_ok(), "one answer for all");
            }
            Some("give up") => {
                tokio::select! {
                    biased;
                    time = sender.ping() => panic!("no pong was sent, and yet {time:?}"),
                    _ = receiver.recv() => {}
                }
            }
            _ => {
                // Beside `recv`, which reads the pong here.
                tokio::select! {
                    time = sender.ping() => drop(time?),
                    message = receiver.recv() => assert!(message?.is_none(), "no message comes"),
                }
            }
        }
        sender.send("ponged").await?;
    }
}

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// What a busy handler waits for.
type Gate = Arc<Notify>;

/// Does what it is told.
#[ws_endpoint("/obey")]
async fn obey(handshake: Handshake, State(gate): State<Gate>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(order) = socket.recv().await? {
        match order.as_text() {
            Some("return") => return Ok(()),
            Some("fail") => return Err(std::io::Error::other("the disk is full").into()),
            Some("close error") => {
                return Err(sockeye::Error::close(CloseCode::TRY_AGAIN_LATER, "the room is full"));
            }
            Some("panic") => panic!("unreachable state"),
            Some("close") => return socket.close(CloseCode::new(4001).expect("legal"), "as told").await,
            Some("let go") => {
                drop(socket);
                gate.notified().await;
                return Ok(());
            }
            Some("be busy") => gate.notified().await,
            _ => socket.send(order).await?,
        }
    }
    Err(std::io::Error::other("cleaning up failed").into())
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Question {
    Add { left: i64, right: i64 },
}

#[derive(Serialize)]
struct Answer {
    sum: i64,
}

/// Adds.
#[ws_endpoint("/add")]
async fn add(handshake: Handshake<Json<Question, Answer>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Question::Add { left, right }) = socket.recv().await? {
        socket.send(&Answer { sum: left + right }).await?;
    }
    Ok(())
}

/// Sends from one task what it receives in another.
#[ws_endpoint("/split")]
async fn split(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let (pass, mut passed) = tokio::sync::mpsc::channel::<Message>(4);
    let (sender, mut receiver) = socket.split();
    let writer = tokio::spawn(async move {
        while let Some(message) = passed.recv().await {
            sender.feed(message).await?;
            sender.flush().await?;
        }
        Ok::<_, sockeye::Error>(())
    });
    let reader = tokio::spawn(async move {
        while let Some(message) = receiver.recv().await? {
            _ = pass.send(message).await;
        }
        Ok::<_, sockeye::Error>(())
    });
    reader.await??;
    writer.await?
}

/// Sends more than anybody reads.
#[ws_endpoint("/flood")]
async fn flood(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    loop {
        socket.send(Message::binary(vec![7; 16 * 1024])).await?;
    }
}

/// Sends more than the buffers between it and its peer hold, and ends.
#[ws_endpoint("/bulk", allow(no_receive_loop, reason = "it has nothing to receive"))]
async fn bulk(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    for _ in 0..BULK {
        socket.send(Message::binary(vec![7; 16 * 1024])).await?;
    }
    Ok(())
}

/// How many messages that are.
const BULK: usize = 1000;

async fn server() -> Running {
    server_with(Gate::default(), Limits::new()).await
}

async fn server_with(gate: Gate, limits: Limits) -> Running {
    logs::listen();
    start(Server::new().state(gate).state(Kept::default()).limits(limits)).await
}

fn peer(client: &Client) -> String {
    match client.get_ref() {
        tokio_tungstenite::MaybeTlsStream::Plain(stream) => stream.local_addr().unwrap().to_string(),
        _ => unreachable!("no TLS here"),
    }
}

/// Sends an order and checks how the connection ends, on the wire and in the log.
async fn order(text: &str, code: u16, told: &str, level: Level, rule: &str, logged: &str) {
    let server = server().await;
    let mut client = server.connect("/obey").await;
    let peer = peer(&client);
    say(&mut client, text).await;
    assert_eq!(close_of(&mut client).await, (code, told.to_owned()), "{text}");
    assert!(matches!(within(client.next()).await, None | Some(Err(_))), "{text}: exactly one close frame");
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.level, line.get("rule"), line.get("endpoint")), (level, rule, "obey"), "{line:?}");
    assert_eq!(line.get("code"), code.to_string(), "{line:?}");
    assert!(line.get("reason").contains(logged), "{line:?}");
}

#[tokio::test]
async fn a_handler_that_returns_closes_with_1000() {
    order("return", 1000, "", Level::INFO, "", "the handler returned").await;
}

#[tokio::test]
async fn a_handler_that_fails_closes_with_1011_and_keeps_its_words_to_the_log() {
    order("fail", 1011, "internal error", Level::ERROR, "handler_error", "the disk is full").await;
}

#[tokio::test]
async fn a_handler_that_panics_closes_with_1011() {
    order("panic", 1011, "internal error", Level::ERROR, "handler_panic", "unreachable state").await;
}

#[tokio::test]
async fn a_payload_that_panics_when_it_is_dropped_closes_with_1011() {
    let server = server().await;
    let mut client = server.connect("/bomb").await;
    say(&mut client, "x").await;
    assert_eq!(hear(&mut client).await, Theirs::binary(&b"tick"[..]));
    assert_eq!(hear(&mut client).await, Theirs::text("behind it"));
    assert_eq!(close_of(&mut client).await, (1011, "internal error".to_owned()));
    let peer = peer(&client);
    drop(client);
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.level, line.get("rule")), (Level::ERROR, "handler_panic"));
    let reason = line.get("reason");
    assert!(reason.contains("payload") && reason.contains("the pool is gone"), "{reason}");
}

#[tokio::test]
async fn a_sender_closes_and_the_other_half_sees_the_end() {
    let server = server().await;
    let mut client = server.connect("/close/half").await;
    say(&mut client, "x").await;
    let (code, reason) = close_of(&mut client).await;
    assert_eq!((code, reason.len()), (1012, 122));
    let peer = peer(&client);
    drop(client);
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.level, line.get("code")), (Level::INFO, "1012"), "{line:?}");
    assert!(
        line.get("reason").starts_with("the handler closed the connection: the room is closed"),
        "{line:?}"
    );
}

#[tokio::test]
async fn a_ping_gives_the_time_to_its_answer() {
    let server = server().await;
    let mut client = RawSocket::open(server.addr, "/ping").await;
    for order in ["one", "three", "one"] {
        client.send(&frame(0x81, order.as_bytes())).await;
        let (first, payload) = client.frame().await.unwrap();
        assert_eq!((first, payload.len()), (0x89, 8), "one ping, though three were asked for");
        client.send(&frame(0x8a, &payload)).await;
        assert_eq!(client.frame().await.unwrap(), (0x81, b"ponged".to_vec()));
    }
    // One that is given up is not sent again while it has no answer; the next call has it.
    client.send(&frame(0x81, b"give up")).await;
    let (_, payload) = client.frame().await.unwrap();
    client.send(&frame(0x81, b"on")).await;
    assert_eq!(client.frame().await.unwrap(), (0x81, b"ponged".to_vec()));
    client.send(&frame(0x81, b"three")).await;
    // Pongs that answer nothing change nothing.
    client.send(&[frame(0x8a, b""), frame(0x8a, b"8 bytes.")].concat()).await;
    client.send(&frame(0x8a, &payload)).await;
    assert_eq!(client.frame().await.unwrap(), (0x81, b"ponged".to_vec()));
}

#[tokio::test]
async fn an_error_may_choose_its_close_code() {
    order("close error", 1013, "the room is full", Level::INFO, "", "the room is full").await;
}

#[tokio::test]
async fn a_handler_closes_with_its_own_code_and_reason() {
    order("close", 4001, "as told", Level::INFO, "", "the handler closed the connection: as told").await;
}

#[tokio::test]
async fn a_dropped_socket_closes_while_the_handler_goes_on() {
    let gate = Gate::default();
    let server = server_with(gate.clone(), Limits::new()).await;
    let mut client = server.connect("/obey").await;
    let peer = peer(&client);
    say(&mut client, "let go").await;
    assert_eq!(close_of(&mut client).await, (1000, String::new()));
    drop(client);
    gate.notify_one();
    assert!(logs::closing_of(&peer).await.get("reason").contains("dropped its socket"));
}

#[tokio::test]
async fn a_peer_that_closes_gets_its_code_back_and_the_handlers_failure_is_not_lost() {
    let server = server().await;
    let mut client = server.connect("/obey").await;
    let peer = peer(&client);
    let frame =
        tokio_tungstenite::tungstenite::protocol::CloseFrame { code: 4002.into(), reason: "bye".into() };
    within(client.close(Some(frame))).await.unwrap();
    assert_eq!(close_of(&mut client).await.0, 4002);
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.level, line.get("rule"), line.get("code")), (Level::ERROR, "handler_error", "4002"));
    let reason = line.get("reason");
    assert!(
        reason.contains("the peer closed the connection with 4002: \"bye\"")
            && reason.contains("cleaning up failed"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_peer_that_vanishes_is_an_end_and_no_failure() {
    let server = server().await;
    let client = server.connect("/echo").await;
    let peer = peer(&client);
    drop(client);
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.level, line.get("rule"), line.get("code")), (Level::INFO, "", ""), "{line:?}");
    assert!(line.get("reason").contains("without a close frame"), "{line:?}");
}

#[tokio::test]
async fn json_is_read_and_written() {
    let server = server().await;
    let mut client = server.connect("/add").await;
    say(&mut client, r#"{"kind":"add","left":2,"right":3}"#).await;
    assert_eq!(hear(&mut client).await, Theirs::text(r#"{"sum":5}"#));
    within(client.send(Theirs::binary(br#"{"kind":"add","left":-1,"right":1}"#.to_vec()))).await.unwrap();
    assert_eq!(hear(&mut client).await, Theirs::text(r#"{"sum":0}"#));
}

#[tokio::test]
async fn an_undecodable_message_names_the_field_and_closes_with_1007() {
    let server = server().await;
    let mut client = server.connect("/add").await;
    let peer = peer(&client);
    say(&mut client, r#"{"kind":"add","left":2}"#).await;
    let (code, reason) = close_of(&mut client).await;
    assert_eq!(code, 1007);
    assert!(reason.contains("missing field `right`"), "{reason}");
    drop(client);
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.level, line.get("rule"), line.get("endpoint")), (Level::WARN, "invalid_message", "add"));
    assert!(line.get("reason").contains("missing field `right`"), "{line:?}");
}

#[tokio::test]
async fn every_violation_has_its_code_and_its_rule() {
    let server = server().await;
    let head = |first: u8, length: u64| {
        let mut bytes = vec![first, 0xff];
        bytes.extend(length.to_be_bytes());
        bytes.extend([0; 4]);
        bytes
    };
    let fragments: Vec<u8> =
        (0..600).flat_map(|n| frame(if n == 0 { 0x02 } else { 0x00 }, &[1; 125])).collect();
    for (what, bytes, code, rule) in [
        ("unmasked frame", vec![0x81, 1, b'x'], 1002, "protocol_violation"),
        ("reserved bit", frame(0xc1, b"x"), 1002, "protocol_violation"),
        ("reserved opcode", frame(0x83, b"x"), 1002, "protocol_violation"),
        ("stray continuation", frame(0x80, b"x"), 1002, "protocol_violation"),
        ("fragmented ping", frame(0x09, b""), 1002, "protocol_violation"),
        ("close with one byte", frame(0x88, b"x"), 1002, "protocol_violation"),
        ("close with a forbidden code", frame(0x88, &1005u16.to_be_bytes()), 1002, "protocol_violation"),
        ("invalid utf-8", frame(0x81, &[0xff, 0xfe]), 1007, "invalid_message"),
        (
            "utf-8 cut short before an empty last fragment",
            [frame(0x01, &[0xe2, 0x82]), frame(0x80, b"")].concat(),
            1007,
            "invalid_message",
        ),
        ("too long", head(0x82, 65_537), 1009, "message_too_big"),
        ("absurdly long", head(0x82, u64::MAX >> 1), 1009, "message_too_big"),
        ("too long in fragments", fragments, 1009, "message_too_big"),
    ] {
        let mut socket = RawSocket::open(server.addr, "/echo").await;
        let peer = socket.stream.local_addr().unwrap().to_string();
        socket.send(&frame(0x81, b"before")).await;
        socket.send(&bytes).await;
        let frames = socket.rest().await;
        assert_eq!(frames[0], (0x81, b"before".to_vec()), "{what}: what came before is still answered");
        assert_eq!(frames.len(), 2, "{what}: exactly one close frame: {frames:?}");
        assert_eq!((frames[1].0, raw::close(&frames[1].1).0), (0x88, code), "{what}");
        drop(socket);
        let line = logs::closing_of(&peer).await;
        assert_eq!((line.level, line.get("rule")), (Level::WARN, rule), "{what}: {line:?}");
        assert_eq!(line.get("code"), code.to_string(), "{what}: {line:?}");
    }
}

#[tokio::test]
async fn a_message_of_exactly_the_limit_passes_whole_and_in_fragments() {
    let server = server_with(Gate::default(), Limits::new().max_message_size(200)).await;
    let mut client = server.connect("/echo").await;
    say(&mut client, &"x".repeat(200)).await;
    assert_eq!(hear(&mut client).await, Theirs::text("x".repeat(200)));
    let mut socket = RawSocket::open(server.addr, "/echo").await;
    socket.send(&[frame(0x01, &[b'a'; 100]), frame(0x89, b"hi"), frame(0x80, &[b'b'; 100])].concat()).await;
    assert_eq!(socket.frame().await, Some((0x8a, b"hi".to_vec())));
    assert_eq!(socket.frame().await.unwrap().1.len(), 200);
}

#[tokio::test]
async fn pings_are_answered_and_messages_kept_while_the_handler_is_busy() {
    let gate = Gate::default();
    let server = server_with(gate.clone(), Limits::new()).await;
    let mut socket = RawSocket::open(server.addr, "/obey").await;
    let sent = [
        frame(0x81, b"be busy"),
        frame(0x81, b"first"),
        frame(0x89, b"are you there"),
        frame(0x81, b"second"),
    ];
    socket.send(&sent.concat()).await;
    assert_eq!(socket.frame().await, Some((0x8a, b"are you there".to_vec())));
    gate.notify_one();
    assert_eq!(socket.frame().await, Some((0x81, b"first".to_vec())));
    assert_eq!(socket.frame().await, Some((0x81, b"second".to_vec())));
}

#[tokio::test]
async fn the_peers_close_is_answered_while_the_handler_is_busy() {
    let gate = Gate::default();
    let server = server_with(gate.clone(), Limits::new()).await;
    let mut socket = RawSocket::open(server.addr, "/obey").await;
    socket.send(&[frame(0x81, b"be busy"), frame(0x88, &1000u16.to_be_bytes())].concat()).await;
    assert_eq!(socket.rest().await, [(0x88, vec![0x03, 0xe8])]);
    gate.notify_one();
    let line = logs::closing_of(&socket.stream.local_addr().unwrap().to_string()).await;
    assert!(line.get("reason").contains("cleaning up failed"), "the handler went on to its end: {line:?}");
}

#[tokio::test]
async fn halves_work_in_tasks_of_their_own() {
    let server = server().await;
    let mut client = server.connect("/split").await;
    for n in 0..500 {
        within(client.feed(Theirs::text(n.to_string()))).await.unwrap();
    }
    within(client.flush()).await.unwrap();
    for n in 0..500 {
        assert_eq!(hear(&mut client).await, Theirs::text(n.to_string()));
    }
    within(client.close(None)).await.unwrap();
    assert!(matches!(hear(&mut client).await, Theirs::Close(_)));
}

#[tokio::test]
async fn a_burst_is_answered_in_order_and_whole() {
    let server = server().await;
    let mut client = server.connect("/echo").await;
    for n in 0..20_000 {
        within(client.feed(Theirs::text(n.to_string()))).await.unwrap();
        if n % 500 == 499 {
            within(client.flush()).await.unwrap();
            for back in n - 499..=n {
                assert_eq!(hear(&mut client).await, Theirs::text(back.to_string()));
            }
        }
    }
}

#[tokio::test]
async fn a_flood_of_pings_is_answered_without_a_message_lost() {
    let server = server().await;
    let mut socket = RawSocket::open(server.addr, "/echo").await;
    let pings: Vec<u8> = (0..5000).flat_map(|_| frame(0x89, b"ping")).chain(frame(0x81, b"done")).collect();
    let (mut reader, mut writer) = socket.stream.split();
    let write = async { tokio::io::AsyncWriteExt::write_all(&mut writer, &pings).await.unwrap() };
    let read = async {
        let mut all = vec![0; 5000 * 6 + 6];
        tokio::io::AsyncReadExt::read_exact(&mut reader, &mut all).await.unwrap();
        all
    };
    let ((), all) = within(async { tokio::join!(write, read) }).await;
    assert!(all[..30_000].chunks(6).all(|pong| pong == [0x8a, 4, b'p', b'i', b'n', b'g']));
    assert_eq!(all[30_000..], [0x81, 4, b'd', b'o', b'n', b'e']);
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_cut_off() {
    let limits =
        Limits::new().send_timeout(Duration::from_millis(300)).close_timeout(Duration::from_millis(200));
    let server = server_with(Gate::default(), limits).await;
    let socket = RawSocket::open(server.addr, "/flood").await;
    let line = logs::closing_of(&socket.stream.local_addr().unwrap().to_string()).await;
    assert_eq!(
        (line.level, line.get("rule"), line.get("code")),
        (Level::WARN, "slow_consumer", "1013"),
        "{line:?}"
    );
}

/// Between a slow peer and the server are buffers of megabytes, and the server is told of room in them only rarely.
#[tokio::test]
async fn a_peer_that_reads_slowly_gets_every_message() {
    let server = server_with(Gate::default(), Limits::new().send_timeout(Duration::from_secs(2))).await;
    let mut socket = RawSocket::open(server.addr, "/bulk").await;
    let mut messages = 0;
    let last = loop {
        match within(socket.frame()).await.expect("a frame") {
            (0x82, payload) => {
                assert_eq!(payload.len(), 16 * 1024);
                messages += 1;
                // For 3 s so slowly that the transport reports no room.
                if messages <= 32 {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            (0x89, payload) => socket.send(&frame(0x8a, &payload)).await,
            other => break other,
        }
    };
    assert_eq!((messages, last), (BULK, (0x88, vec![0x03, 0xe8])));
}

#[tokio::test]
async fn a_request_and_a_close_in_one_packet_are_both_answered_in_order() {
    let server = server().await;
    let burst = [frame(0x81, b"hey"), frame(0x88, &1000u16.to_be_bytes())].concat();
    let mut early = RawSocket::open_with(server.addr, "/echo", &burst).await;
    assert_eq!(early.rest().await, [(0x81, b"hey".to_vec()), (0x88, vec![0x03, 0xe8])]);
    let mut later = RawSocket::open(server.addr, "/echo").await;
    later.send(&burst).await;
    assert_eq!(later.rest().await, [(0x81, b"hey".to_vec()), (0x88, vec![0x03, 0xe8])]);
}

/// Keeps what it is told, and says so each time.
#[ws_endpoint("/keep")]
async fn keep(handshake: Handshake, State(gate): State<Gate>, State(kept): State<Kept>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        gate.notified().await;
        gate.notify_one();
        kept.lock().unwrap().push(message);
        socket.send("kept").await?;
    }
    socket.send("too late").await
}

type Kept = Arc<std::sync::Mutex<Vec<Message>>>;

#[tokio::test]
async fn messages_before_a_close_are_all_handled_though_their_answers_come_too_late() {
    logs::listen();
    let (gate, kept) = (Gate::default(), Kept::default());
    let server = start(Server::new().state(gate.clone()).state(kept.clone())).await;
    let mut socket = RawSocket::open(server.addr, "/keep").await;
    let messages = (0..40u8).flat_map(|n| frame(0x82, &[n]));
    socket.send(&messages.chain(frame(0x88, &1000u16.to_be_bytes())).collect::<Vec<_>>()).await;
    assert_eq!(
        socket.rest().await,
        [(0x88, vec![0x03, 0xe8])],
        "the close is answered while the handler is busy"
    );
    gate.notify_one();
    let line = logs::closing_of(&socket.stream.local_addr().unwrap().to_string()).await;
    assert_eq!(kept.lock().unwrap().len(), 40);
    assert_eq!(line.level, Level::INFO, "a send after the end is an end, not a failure: {line:?}");
}

/// Pushes and never listens.
#[ws_endpoint("/push", allow(deaf_loop, reason = "what becomes of such a handler is tested"))]
async fn push(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    loop {
        socket.send("news").await?;
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_handler_that_only_sends_ends_when_its_peer_has_left_unread_messages() {
    let server = server().await;
    let mut socket = RawSocket::open(server.addr, "/push").await;
    socket.send(&[frame(0x81, b"unread"), frame(0x88, &1000u16.to_be_bytes())].concat()).await;
    let frames = socket.rest().await;
    assert_eq!(frames.last(), Some(&(0x88, vec![0x03, 0xe8])));
    let line = logs::closing_of(&socket.stream.local_addr().unwrap().to_string()).await;
    assert_eq!(line.get("reason"), "the peer closed the connection with 1000 NORMAL");
}

/// Takes one message, in a task of its own, and is then busy for good.
#[ws_endpoint("/one")]
async fn one(handshake: Handshake, State(gate): State<Gate>) -> sockeye::Result {
    let (_sender, mut receiver) = handshake.accept().await?.split();
    let task = tokio::spawn(async move {
        gate.notified().await;
        let taken = receiver.recv().await;
        gate.notified().await;
        taken.map(drop)
    });
    task.await?
}

#[tokio::test]
async fn room_for_one_message_is_enough_to_read_on() {
    let gate = Gate::default();
    let server = server_with(gate.clone(), Limits::new()).await;
    let mut socket = RawSocket::open(server.addr, "/one").await;
    let messages = (0..64u8).flat_map(|n| frame(0x82, &[n]));
    socket.send(&messages.chain(frame(0x89, b"behind")).collect::<Vec<_>>()).await;
    // Time for the server to fill its inbox and stop; without it the test would only prove less.
    tokio::time::sleep(Duration::from_millis(200)).await;
    gate.notify_one();
    assert_eq!(socket.frame().await, Some((0x8a, b"behind".to_vec())));
}

/// Errors that `/lenient` has seen, and whether it came to its end.
static LENIENT: (AtomicUsize, Notify) = (AtomicUsize::new(0), Notify::const_new());

/// Goes on after every error, as one that replies to what it cannot read does.
#[ws_endpoint("/lenient")]
async fn lenient(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await {
            Ok(Some(message)) => socket.send(message).await?,
            Ok(None) => break,
            Err(_) => _ = LENIENT.0.fetch_add(1, Ordering::Relaxed),
        }
    }
    LENIENT.1.notify_one();
    Ok(())
}

#[tokio::test]
async fn an_error_that_ends_the_connection_is_given_once() {
    let server = server().await;
    let mut socket = RawSocket::open(server.addr, "/lenient").await;
    socket.send(&frame(0x83, b"no such opcode")).await;
    within(LENIENT.1.notified()).await;
    assert_eq!(LENIENT.0.load(Ordering::Relaxed), 1);
    assert_eq!(
        socket.frame().await.map(|(kind, payload)| (kind, raw::close(&payload).0)),
        Some((0x88, 1002))
    );
}
