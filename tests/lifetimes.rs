//! Lifetimes: handles in tasks of their own, things dropped half way, ends of every kind.

use std::{
    future::{Future, pending, poll_fn, ready},
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use axum::extract::{Query, State};
use futures_util::{SinkExt as _, StreamExt as _, future::join_all};
use serde::Deserialize;
use sockeye::{CloseCode, Error, Handshake, Heartbeat, Limits, Message, Sender, Server, Socket, ws_endpoint};
use sockeye_tests::{
    Client, Running, close_of, hear, logs,
    raw::{self, HEAD, RawSocket, ask, frame},
    refusal, say, start, within,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Notify, mpsc},
};
use tokio_tungstenite::tungstenite::{Message as Theirs, client::IntoClientRequest as _};
use tracing::Level;

/// What a test shares with the handlers of its server.
#[derive(Clone)]
struct Desk {
    gate: Arc<Notify>,
    report: mpsc::UnboundedSender<String>,
    parked: Arc<Mutex<Option<Sender>>>,
}

impl Desk {
    fn new() -> (Self, mpsc::UnboundedReceiver<String>) {
        let (report, reports) = mpsc::unbounded_channel();
        (Self { gate: Arc::default(), report, parked: Arc::default() }, reports)
    }

    fn say(&self, text: impl Into<String>) {
        _ = self.report.send(text.into());
    }
}

/// Reports when it is dropped.
struct Guard(Desk, &'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.say(self.1);
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

/// Refuses, in one step.
#[ws_endpoint("/reject")]
async fn reject(handshake: Handshake) -> sockeye::Result {
    Err(handshake.reject(http::StatusCode::UNAUTHORIZED, "log in first"))
}

/// Refuses, and fails afterwards.
#[ws_endpoint("/reject/{then}")]
async fn reject_then(
    handshake: Handshake,
    axum::extract::Path(then): axum::extract::Path<String>,
) -> sockeye::Result {
    let refused = handshake.reject(http::StatusCode::UNAUTHORIZED, "log in first");
    if then.starts_with("later") {
        tokio::task::yield_now().await;
    }
    match then.as_str() {
        "panic" | "later-panic" => panic!("the audit log is full"),
        "fail" | "later-fail" => Err(std::io::Error::other("the audit log is gone").into()),
        _ => Err(refused),
    }
}

/// Gives its acceptance up in the very step in which it was made.
#[ws_endpoint("/impatient")]
async fn impatient(handshake: Handshake) -> sockeye::Result {
    tokio::select! {
        biased;
        socket = handshake.accept() => socket.map(drop),
        () = ready(()) => Err(Error::close(CloseCode::new(4000).expect("legal"), "too slow")),
    }
}

/// Leaves its socket to a task of its own and returns.
#[ws_endpoint("/leave", allow(detached_task, panicking_io, reason = "what becomes of such a task is tested"))]
async fn leave(handshake: Handshake, State(desk): State<Desk>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    tokio::spawn(async move {
        desk.gate.notified().await;
        desk.say(format!("sent {:?}", socket.send(Message::text("late")).await.is_err()));
        desk.say(format!("received {:?}", socket.recv().await.is_ok_and(|message| message.is_none())));
        socket.close(CloseCode::NORMAL, "").await.expect("no error");
        desk.say("closed");
    });
    Ok(())
}

/// Leaves its handshake to a task of its own and returns.
#[ws_endpoint("/leave/handshake", allow(detached_task, reason = "what becomes of such a task is tested"))]
async fn leave_handshake(handshake: Handshake, State(desk): State<Desk>) {
    tokio::spawn(async move {
        desk.gate.notified().await;
        let accepted = handshake.accept().await;
        desk.say(format!("refused {:?}", accepted.is_err_and(|error| error.is_disconnect())));
    });
}

/// Never ends, and a task of its own has the socket.
#[ws_endpoint("/stuck", allow(detached_task, panicking_io, reason = "what becomes of such a task is tested"))]
async fn stuck(handshake: Handshake, State(desk): State<Desk>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let _guard = Guard(desk.clone(), "handler dropped");
    tokio::spawn(async move {
        desk.gate.notified().await;
        socket.close(CloseCode::NORMAL, "").await.expect("no error");
        desk.say("closed");
    });
    pending().await
}

/// Parks its sender for others to use.
#[ws_endpoint("/park")]
async fn park(handshake: Handshake, State(desk): State<Desk>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    *desk.parked.lock().expect("sound") = Some(sender);
    desk.say("parked");
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// Forwards to the parked sender; its loss is an error of this handler.
#[ws_endpoint("/forward")]
async fn forward(handshake: Handshake, State(desk): State<Desk>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let other = desk.parked.lock().expect("sound").clone().expect("parked");
    while let Some(message) = socket.recv().await? {
        other.send(message).await?;
    }
    Ok(())
}

/// Has only something to say.
#[ws_endpoint("/talk", allow(no_receive_loop, reason = "how a connection without a receiver ends is tested"))]
async fn talk(handshake: Handshake, State(desk): State<Desk>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    drop(receiver);
    desk.gate.notified().await;
    sender.send(Message::text("news")).await
}

/// Goes round on the end of its connection, without ever waiting.
#[ws_endpoint(
    "/spin",
    allow(spinning_loop, panicking_io, reason = "what a spinning handler costs others is tested")
)]
async fn spin(handshake: Handshake) {
    let mut socket = handshake.accept().await.expect("accepted");
    loop {
        if let Ok(Some(message)) = socket.recv().await {
            _ = socket.send(message).await;
        }
    }
}

/// Always finds something else to do.
#[ws_endpoint("/busy")]
async fn busy(handshake: Handshake, State(desk): State<Desk>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let _guard = Guard(desk, "handler dropped");
    let (work, mut works) = mpsc::channel(1);
    loop {
        _ = work.send(()).await;
        tokio::select! {
            _ = works.recv() => {}
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// Sets a header that would break the answer.
#[ws_endpoint("/framing")]
async fn framing(handshake: Handshake) -> sockeye::Result {
    handshake.accept().header("content-length", "5").await.map(drop)
}

/// Spawns a task when the connection is over.
#[ws_endpoint("/spawn")]
async fn spawn(handshake: Handshake, State(desk): State<Desk>) -> sockeye::Result {
    let socket = Arc::new(handshake.accept().await?);
    tokio::spawn(async move {
        desk.gate.notified().await;
        let hold = (Arc::clone(&socket), Guard(desk, "task dropped"));
        socket.spawn(async move {
            let _hold = hold;
            pending::<()>().await;
        });
    });
    Ok(())
}

/// Thinks until its client leaves.
#[ws_endpoint("/think")]
async fn think(_handshake: Handshake, State(desk): State<Desk>) -> sockeye::Result {
    desk.say("thinking");
    let _guard = Guard(desk, "handler dropped");
    pending().await
}

#[derive(Deserialize)]
enum Mode {
    Fast,
}

#[derive(Deserialize)]
struct Ask {
    mode: Mode,
}

/// Reads its query.
#[ws_endpoint("/query")]
async fn query(handshake: Handshake, Query(ask): Query<Ask>) -> sockeye::Result {
    let Mode::Fast = ask.mode;
    handshake.accept().await.map(drop)
}

/// Receives in a race that it often loses, in the middle of everything.
#[ws_endpoint("/race")]
async fn race(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut lost = 0_u32;
    loop {
        tokio::select! {
            biased;
            () = tokio::task::yield_now(), if lost % 3 == 1 => lost += 1,
            message = socket.recv() => match message? {
                Some(message) => {
                    lost += 1;
                    // A send that is dropped at its first poll is either done or not done: then it is done again.
                    let mut sending = Box::pin(socket.send(message.clone()));
                    let first = poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx))).await;
                    drop(sending);
                    match first {
                        Poll::Ready(sent) => sent?,
                        Poll::Pending => socket.send(message).await?,
                    }
                }
                None => return Ok(()),
            },
        }
    }
}

/// Answers from four tasks at once.
#[ws_endpoint("/crowd")]
async fn crowd(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut lines = Vec::new();
    let mut workers = Vec::new();
    for worker in 0..4 {
        let (line, mut work) = mpsc::channel::<Message>(1);
        let sender = sender.clone();
        lines.push(line);
        workers.push(tokio::spawn(async move {
            while let Some(message) = work.recv().await {
                sender.send(message).await?;
                if worker % 2 == 0 {
                    sender.flush().await?;
                }
            }
            Ok::<_, Error>(())
        }));
    }
    let reader = tokio::spawn(async move {
        let mut turn = 0;
        while let Some(message) = receiver.recv().await? {
            _ = lines[turn % 4].send(message).await;
            turn += 1;
        }
        Ok::<_, Error>(())
    });
    reader.await??;
    for worker in workers {
        worker.await??;
    }
    Ok(())
}

fn server(desk: &Desk) -> Server {
    logs::listen();
    Server::new().state(desk.clone())
}

async fn started() -> (Running, Desk, mpsc::UnboundedReceiver<String>) {
    let (desk, reports) = Desk::new();
    (start(server(&desk)).await, desk, reports)
}

async fn next(reports: &mut mpsc::UnboundedReceiver<String>) -> String {
    within(reports.recv()).await.expect("a report")
}

fn peer(client: &Client) -> String {
    match client.get_ref() {
        tokio_tungstenite::MaybeTlsStream::Plain(stream) => stream.local_addr().unwrap().to_string(),
        _ => unreachable!("no TLS here"),
    }
}

/// How often a future was polled after its end, which panics.
fn resumed_after_completion() -> usize {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.to_string().contains("resumed after completion") {
                COUNT.fetch_add(1, Ordering::SeqCst);
            }
            before(info);
        }));
    });
    COUNT.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_handler_that_has_refused_and_returned_is_polled_no_more() {
    assert_eq!(resumed_after_completion(), 0);
    let (mut server, ..) = started().await;
    let (status, ..) = refusal(server.url("/reject").into_client_request().unwrap()).await;
    assert_eq!(status, 401);
    server.stop();
    server.ended().await;
    assert_eq!(resumed_after_completion(), 0);
}

#[tokio::test]
async fn an_acceptance_that_is_given_up_at_once_ends_as_the_handler_says() {
    let (server, ..) = started().await;
    let mut client = server.connect("/impatient").await;
    assert_eq!(close_of(&mut client).await, (4000, "too slow".to_owned()));
    let line = logs::closing_of(&peer(&client)).await;
    assert_eq!((line.level, line.get("reason")), (Level::INFO, "too slow"), "{line:?}");
}

#[tokio::test]
async fn what_goes_wrong_after_a_refusal_is_logged() {
    let (mut server, ..) = started().await;
    for (then, rule, words) in [
        ("panic", "handler_panic", "the audit log is full"),
        ("later-panic", "handler_panic", "the audit log is full"),
        ("fail", "handler_error", "the audit log is gone"),
        ("later-fail", "handler_error", "the audit log is gone"),
        ("well", "", ""),
    ] {
        let before = logs::with("endpoint", "reject_then");
        let request = server.url(&format!("/reject/{then}")).into_client_request().unwrap();
        assert_eq!(refusal(request).await.0, 401, "{then}");
        let more = if rule.is_empty() { 1 } else { 2 };
        let mut lines = Vec::new();
        for _ in 0..2000 {
            lines = logs::with("endpoint", "reject_then").split_off(before.len());
            if lines.len() >= more {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(lines.len(), more, "{then}: {lines:?}");
        if !rule.is_empty() {
            let line = lines.iter().find(|line| line.get("rule") == rule).expect(then);
            assert_eq!(line.level, Level::ERROR, "{line:?}");
            assert!(line.get("reason").contains(words), "{line:?}");
        }
    }
    server.stop();
    server.ended().await;
}

#[tokio::test]
async fn a_task_that_outlives_its_connection_learns_it() {
    let (server, desk, mut reports) = started().await;
    let mut client = server.connect("/leave").await;
    assert_eq!(close_of(&mut client).await.0, 1000);
    let line = logs::closing_of(&peer(&client)).await;
    assert_eq!(line.get("reason"), "the handler returned");
    desk.gate.notify_one();
    assert_eq!(next(&mut reports).await, "sent true", "a send after the end is an error");
    assert_eq!(next(&mut reports).await, "received true", "a receive after the end gives none");
    assert_eq!(next(&mut reports).await, "closed");
}

#[tokio::test]
async fn accepting_a_handshake_that_is_already_refused_is_an_error() {
    let (server, desk, mut reports) = started().await;
    let (status, rule, _) = refusal(server.url("/leave/handshake").into_client_request().unwrap()).await;
    assert_eq!((status, rule.as_str()), (500, "never_accepted"));
    desk.gate.notify_one();
    assert_eq!(next(&mut reports).await, "refused true");
}

#[tokio::test]
async fn a_connection_that_is_cut_is_over_for_every_handle_and_for_the_peer() {
    let (desk, mut reports) = Desk::new();
    let limits =
        Limits::new().shutdown_timeout(Duration::from_millis(200)).close_timeout(Duration::from_mins(1));
    let mut server = start(server(&desk).limits(limits)).await;
    let mut socket = RawSocket::open(server.addr, "/stuck").await;
    let peer = socket.stream.local_addr().unwrap().to_string();
    server.stop();
    server.ended().await;
    assert_eq!(next(&mut reports).await, "handler dropped");
    let frames = within(socket.rest()).await;
    assert_eq!(frames.len(), 1, "one close frame, and then the end of the stream: {frames:?}");
    assert_eq!(raw::close(&frames[0].1).0, 1001);
    assert_eq!(logs::closing_of(&peer).await.get("reason"), "the server is stopping");
    desk.gate.notify_one();
    assert_eq!(next(&mut reports).await, "closed");
}

#[test]
fn a_connection_that_dies_with_its_runtime_is_logged_once() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (theirs, ours) = (runtime(), runtime());
    let (desk, mut reports) = Desk::new();
    let server = theirs.block_on(start(server(&desk)));
    let client = ours.block_on(async {
        let mut client = server.connect("/echo").await;
        say(&mut client, "hello").await;
        assert_eq!(hear(&mut client).await, Theirs::text("hello"));
        client
    });
    let stuck = ours.block_on(server.connect("/stuck"));
    drop(theirs);
    let lines = ours
        .block_on(async { (logs::closing_of(&peer(&client)).await, logs::closing_of(&peer(&stuck)).await) });
    for line in [lines.0, lines.1] {
        assert!(line.get("reason").contains("dropped"), "{line:?}");
        assert_eq!(line.get("code"), "", "no close frame was sent: {line:?}");
    }
    assert_eq!(ours.block_on(next(&mut reports)), "handler dropped");
}

#[tokio::test]
async fn the_loss_of_another_connection_does_not_silently_end_this_one() {
    let (server, _desk, mut reports) = started().await;
    let mut other = server.connect("/park").await;
    assert_eq!(next(&mut reports).await, "parked");
    let mut client = server.connect("/forward").await;
    within(other.close(None)).await.unwrap();
    while within(other.next()).await.is_some_and(|frame| frame.is_ok()) {}
    logs::closing_of(&peer(&other)).await;
    say(&mut client, "are you there").await;
    assert_eq!(close_of(&mut client).await, (1011, "internal error".to_owned()));
    let line = logs::closing_of(&peer(&client)).await;
    assert_eq!((line.level, line.get("rule"), line.get("code")), (Level::ERROR, "handler_error", "1011"));
}

#[tokio::test]
async fn a_handler_without_a_receiver_still_has_a_live_connection() {
    let (server, desk, _reports) = started().await;
    let mut socket = RawSocket::open(server.addr, "/talk").await;
    let flood: Vec<u8> = (0..500).flat_map(|_| frame(0x81, b"does anybody listen")).collect();
    socket.send(&flood).await;
    socket.send(&frame(0x89, b"ping")).await;
    assert_eq!(within(socket.frame()).await, Some((0x8a, b"ping".to_vec())));
    desk.gate.notify_one();
    assert_eq!(within(socket.frame()).await, Some((0x81, b"news".to_vec())));
    assert_eq!(within(socket.frame()).await.unwrap().0, 0x88);
    let mut socket = RawSocket::open(server.addr, "/talk").await;
    socket.send(&flood).await;
    socket.send(&frame(0x88, &1000_u16.to_be_bytes())).await;
    assert_eq!(socket.rest().await, [(0x88, vec![0x03, 0xe8])]);
}

#[test]
fn a_handler_that_spins_stops_neither_the_others_nor_the_server() {
    let (desk, _reports) = Desk::new();
    let limits =
        Limits::new().shutdown_timeout(Duration::from_millis(200)).close_timeout(Duration::from_millis(200));
    let server = server(&desk).limits(limits);
    let (tell, told) = std::sync::mpsc::channel();
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let checked = server.shutdown(async move { _ = stopped.await }).check().await.unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send((listener.local_addr().unwrap(), stop)).unwrap();
            checked.serve_on(listener).await.unwrap();
            ended.send(()).unwrap();
        });
    });
    let (addr, stop) = told.recv().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let mut socket = RawSocket::open(addr, "/spin").await;
        socket.send(&[frame(0x81, b"hello"), frame(0x88, &1000_u16.to_be_bytes())].concat()).await;
        let frames = within(socket.rest()).await;
        assert_eq!(frames, [(0x81, b"hello".to_vec()), (0x88, vec![0x03, 0xe8])]);
        let mut other = within(RawSocket::open(addr, "/echo")).await;
        other.send(&frame(0x81, b"still here")).await;
        assert_eq!(other.frame().await, Some((0x81, b"still here".to_vec())));
        stop.send(()).unwrap();
    });
    end.recv_timeout(sockeye_tests::PATIENCE).expect("the server ends");
}

#[tokio::test]
async fn a_handler_that_is_never_idle_still_has_a_live_connection() {
    let (server, _desk, mut reports) = started().await;
    let mut socket = RawSocket::open(server.addr, "/busy").await;
    socket.send(&frame(0x89, b"ping")).await;
    assert_eq!(within(socket.frame()).await, Some((0x8a, b"ping".to_vec())));
    socket.send(&frame(0x88, &1000_u16.to_be_bytes())).await;
    assert_eq!(socket.rest().await, [(0x88, vec![0x03, 0xe8])]);
    assert_eq!(next(&mut reports).await, "handler dropped");
}

#[tokio::test]
async fn a_client_that_never_asks_does_not_keep_its_connection() {
    let (desk, _reports) = Desk::new();
    let limits = Limits::new().handshake_timeout(Duration::from_millis(200));
    let server = start(server(&desk).limits(limits)).await;
    for first in
        [&b""[..], b"P", b"GET /echo HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"]
    {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        stream.write_all(first).await.unwrap();
        let mut rest = Vec::new();
        _ = within(stream.read_to_end(&mut rest)).await;
    }
}

#[tokio::test]
async fn a_426_names_the_protocol_to_upgrade_to() {
    let (server, ..) = started().await;
    let head = HEAD.replace("Version: 13", "Version: 8");
    let answer = ask(server.addr, &format!("GET /echo HTTP/1.1\r\n{head}\r\n")).await;
    assert_eq!((answer.status, answer.header("upgrade")), (426, "websocket"), "{answer:?}");
    assert_eq!(answer.header("sec-websocket-version"), "13");
}

#[tokio::test]
async fn headers_that_frame_a_body_cannot_be_set() {
    let (server, ..) = started().await;
    let (status, rule, _) = refusal(server.url("/framing").into_client_request().unwrap()).await;
    assert_eq!((status, rule.as_str()), (500, "handler_error"));
}

#[tokio::test]
async fn a_task_spawned_after_the_end_is_dropped() {
    let (server, desk, mut reports) = started().await;
    let mut client = server.connect("/spawn").await;
    assert_eq!(close_of(&mut client).await.0, 1000);
    logs::closing_of(&peer(&client)).await;
    desk.gate.notify_one();
    assert_eq!(next(&mut reports).await, "task dropped");
}

#[tokio::test]
async fn limits_without_end_are_long_but_finite() {
    let (desk, _reports) = Desk::new();
    let ever = Duration::MAX;
    let limits =
        Limits::new().handshake_timeout(ever).send_timeout(ever).close_timeout(ever).shutdown_timeout(ever);
    let server = start(server(&desk).limits(limits).heartbeat(Heartbeat::every(ever).timeout(ever))).await;
    let mut client = server.connect("/echo").await;
    say(&mut client, "hello").await;
    assert_eq!(hear(&mut client).await, Theirs::text("hello"));
    within(client.close(None)).await.unwrap();
    assert!(matches!(hear(&mut client).await, Theirs::Close(_)));
}

#[tokio::test]
async fn what_a_query_says_is_not_logged() {
    let (server, ..) = started().await;
    let request = server.url("/query?mode=hunter%322&x=y").into_client_request().unwrap();
    let (status, rule, body) = refusal(request).await;
    assert_eq!((status, rule.as_str()), (400, "extractor_refused"));
    assert!(body.contains("hunter22"), "the client is told: {body}");
    let lines = logs::with("endpoint", "query");
    assert!(!lines.is_empty() && !format!("{lines:?}").contains("hunter22"), "{lines:?}");
    assert!(lines[0].get("reason").contains("unknown variant"), "{lines:?}");
}

#[tokio::test]
async fn a_handler_that_has_not_decided_ends_with_its_client() {
    let (server, _desk, mut reports) = started().await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(format!("GET /think HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await.unwrap();
    assert_eq!(next(&mut reports).await, "thinking");
    drop(stream);
    assert_eq!(next(&mut reports).await, "handler dropped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_message_is_lost_or_reordered_by_races() {
    let (server, ..) = started().await;
    join_all((0..8).map(|_| async {
        let client = server.connect("/race").await;
        let (mut sink, mut stream) = client.split();
        let write = async {
            for n in 0..2000 {
                sink.feed(Theirs::text(n.to_string())).await.unwrap();
                if n % 97 == 0 {
                    sink.flush().await.unwrap();
                }
            }
            sink.flush().await.unwrap();
        };
        let read = async {
            for n in 0..2000 {
                assert_eq!(stream.next().await.unwrap().unwrap(), Theirs::text(n.to_string()));
            }
        };
        within(async { tokio::join!(write, read) }).await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_message_is_lost_between_tasks() {
    let (server, ..) = started().await;
    join_all((0..4).map(|_| async {
        let mut client = server.connect("/crowd").await;
        for round in 0..200 {
            for n in 0..20 {
                within(client.feed(Theirs::text(n.to_string()))).await.unwrap();
            }
            if round % 3 == 0 {
                within(client.feed(Theirs::Ping(vec![1].into()))).await.unwrap();
            }
            within(client.flush()).await.unwrap();
            let mut left: Vec<_> = (0..20).map(|n| n.to_string()).collect();
            let mut pongs = usize::from(round % 3 == 0);
            while !left.is_empty() || pongs > 0 {
                match hear(&mut client).await {
                    Theirs::Text(text) => left.retain(|one| *one != text.as_str()),
                    Theirs::Pong(_) => pongs -= 1,
                    other => panic!("{other:?}"),
                }
            }
        }
        within(client.close(None)).await.unwrap();
        assert!(matches!(hear(&mut client).await, Theirs::Close(_)));
    }))
    .await;
}

#[tokio::test]
async fn a_server_that_is_stopping_says_so() {
    let (desk, mut reports) = Desk::new();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let checked = server(&desk).shutdown(async move { _ = stopped.await }).check().await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let app = checked.into_router().into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let url = format!("ws://{addr}/park");
    let mut open = within(tokio_tungstenite::connect_async(&url)).await.unwrap().0;
    assert_eq!(next(&mut reports).await, "parked");
    stop.send(()).unwrap();
    assert_eq!(close_of(&mut open).await, (1001, "the server is stopping".to_owned()));
    let (status, rule, body) = refusal(url.as_str().into_client_request().unwrap()).await;
    assert_eq!((status, rule.as_str()), (503, "shutting_down"));
    assert!(body.contains("connect again later"), "{body}");
}

/// The types that handlers hold can cross threads.
#[test]
fn handles_are_send_and_sync() {
    fn both<T: Send + Sync>() {}
    both::<Socket>();
    both::<Sender>();
    both::<sockeye::Receiver>();
    both::<Error>();
}

/// Ticks in a task that is tied to the connection.
#[ws_endpoint("/tied")]
async fn tied(handshake: Handshake, State(desk): State<Desk>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let guard = Guard(desk, "task dropped");
    let ticks = sender.clone();
    sender.spawn(async move {
        let _guard = guard;
        while ticks.send(Message::text("tick")).await.is_ok() {
            pending::<()>().await;
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn a_task_of_a_sender_ends_with_the_connection() {
    let (server, _desk, mut reports) = started().await;
    let mut socket = RawSocket::open(server.addr, "/tied").await;
    assert_eq!(within(socket.frame()).await, Some((0x81, b"tick".to_vec())));
    socket.send(&frame(0x88, &1000_u16.to_be_bytes())).await;
    assert_eq!(socket.rest().await, [(0x88, vec![0x03, 0xe8])]);
    assert_eq!(next(&mut reports).await, "task dropped");
}
