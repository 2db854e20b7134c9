//! What is counted, read from a recorder behind real connections.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::extract::{Path, State};
use futures_util::{FutureExt as _, StreamExt as _};
use http::StatusCode;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use sockeye::{
    CloseCode, Error, Handshake, Heartbeat, Hub, Json, Limits, Server, SlowPolicy, Watchdog,
    backplane::{Inlet, Outlet},
    metrics as names, ws_endpoint,
};
use sockeye_tests::{
    Running, block_until, close_of, dial, hear, logs,
    raw::{HEAD, RawSocket, frame},
    refusal, say, start, within,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::oneshot,
};
use tokio_tungstenite::tungstenite::{
    Message,
    client::IntoClientRequest as _,
    protocol::{CloseFrame, frame::coding::CloseCode as Theirs},
};

/// A limit that a test runs into on purpose, and does not want to wait for.
const SOON: Duration = Duration::from_millis(200);

/// Echoes.
#[ws_endpoint("/counted/{id}")]
async fn counted(handshake: Handshake, Path(id): Path<u64>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        assert!(message.as_text() != Some("panic"), "as told by {id}");
        socket.send(message).await?;
    }
    Ok(())
}

/// Echoes, for the test of closes.
#[ws_endpoint("/closed", max_message_size = "100 B")]
async fn closed(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match message.as_text() {
            Some("panic") => panic!("as told"),
            Some("fail") => return Err(std::io::Error::other("as told").into()),
            Some("close") => return socket.close(CloseCode::TRY_AGAIN_LATER, "as told").await,
            _ => socket.send(message).await?,
        }
    }
    Ok(())
}

/// Waits for the end.
#[ws_endpoint("/pinged")]
async fn pinged(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Refuses.
#[ws_endpoint("/refused")]
async fn refused(handshake: Handshake) -> sockeye::Result {
    Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first"))
}

/// Does what its client says: 0 takes an event of a hub.
#[ws_endpoint("/ruled", group = "rules", max_message_size = "100 B", heartbeat = off)]
async fn ruled(handshake: Handshake<Json<u32, String>>, State(hub): State<Hub<u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut feed = hub.topic("t").subscribe();
    while let Some(order) = socket.recv().await? {
        match order {
            0 => drop(feed.next().await?),
            1 => return Err(Error::new("as told")),
            2 => panic!("as told"),
            _ => loop {
                socket.send("x".repeat(100_000)).await?;
            },
        }
    }
    Ok(())
}

/// Pings often.
#[ws_endpoint("/beating", group = "rules", heartbeat = "10ms")]
async fn beating(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Goes on when its client has left, or was refused.
#[ws_endpoint("/lingers/{how}")]
async fn lingers(handshake: Handshake, Path(how): Path<String>) -> sockeye::Result {
    if how == "refuses" {
        let refused = handshake.reject(StatusCode::FORBIDDEN, "as told");
        std::future::pending::<()>().await;
        return Err(refused);
    }
    let mut socket = handshake.accept().await?;
    std::future::pending::<()>().await;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Spawns two tasks, one of which ends.
#[ws_endpoint("/spawns")]
async fn spawns(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.spawn(std::future::pending());
    socket.spawn(async {});
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Echoes numbers, and answers anything else with 0.
#[ws_endpoint("/tolerant")]
async fn tolerant(handshake: Handshake<Json<u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await {
            Ok(Some(number)) => socket.send(number).await?,
            Ok(None) => return Ok(()),
            Err(error) if error.close_code() == Some(CloseCode::INVALID_PAYLOAD) => socket.send(0).await?,
            Err(error) => return Err(error),
        }
    }
}

/// Counts, as a `Stream`, what it can read.
#[ws_endpoint("/tolerant/stream")]
async fn tolerant_stream(handshake: Handshake<Json<u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.next().await {
        socket.send(message.unwrap_or(0)).await?;
    }
    Ok(())
}

/// Never decides.
#[ws_endpoint("/abandoned")]
async fn abandoned(_handshake: Handshake) -> sockeye::Result {
    std::future::pending().await
}

/// Name and labels, as `name{label=value,..}`, to everything that was counted.
type Totals = BTreeMap<String, Vec<f64>>;

/// Taking a snapshot empties the recorder.
fn totals() -> Totals {
    static RECORDER: OnceLock<Snapshotter> = OnceLock::new();
    static TOTALS: Mutex<Totals> = Mutex::new(Totals::new());
    let mut totals = TOTALS.lock().unwrap_or_else(PoisonError::into_inner);
    let snapshotter = RECORDER.get_or_init(|| {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        recorder.install().expect("the only recorder");
        snapshotter
    });
    for (key, _, description, value) in snapshotter.snapshot().into_vec() {
        let key = key.key();
        assert!(description.is_some(), "`{}` is not described", key.name());
        let labels: Vec<String> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let values = totals.entry(format!("{}{{{}}}", key.name(), labels.join(","))).or_default();
        match value {
            DebugValue::Counter(count) => add(values, f64::from(u32::try_from(count).expect("few"))),
            DebugValue::Gauge(change) => add(values, change.into_inner()),
            DebugValue::Histogram(more) => values.extend(more.into_iter().map(f64::from)),
        }
    }
    totals.clone()
}

fn add(values: &mut Vec<f64>, more: f64) {
    let before = values.pop().unwrap_or_default();
    values.push(before + more);
}

async fn server(limits: Limits) -> Running {
    logs::listen();
    totals();
    start(Server::new().limits(limits)).await
}

/// Waits until this much is counted: the server counts a moment after the client has seen.
async fn counts(name: &str, labels: &str, expected: f64) {
    let key = format!("{name}{{{labels}}}");
    let reached = async {
        while totals().get(&key).is_none_or(|values| (values[0] - expected).abs() > 0.1) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let reached = tokio::time::timeout(sockeye_tests::PATIENCE, reached).await;
    assert!(reached.is_ok(), "{key} never was {expected}: {:#?}", totals());
}

#[tokio::test]
async fn a_conversation_is_counted_by_route() {
    let server = server(Limits::new()).await;
    let mut first = server.connect("/counted/1").await;
    let mut second = server.connect("/counted/2").await;
    counts(names::CONNECTIONS, "route=/counted/{id}", 2.0).await;
    for text in ["one", "three", "eleven"] {
        say(&mut first, text).await;
        assert_eq!(hear(&mut first).await, Message::text(text));
    }
    first.close(None).await.expect("closes");
    say(&mut second, "panic").await;
    assert_eq!(close_of(&mut second).await.0, 1011);

    let route = "route=/counted/{id}";
    counts(names::CONNECTIONS, route, 0.0).await;
    counts(names::HANDSHAKES, &format!("{route},outcome=accepted,rule="), 2.0).await;
    for (direction, messages, bytes) in [("in", 4.0, 19.0), ("out", 3.0, 14.0)] {
        counts(names::MESSAGES, &format!("{route},direction={direction}"), messages).await;
        counts(names::MESSAGE_BYTES, &format!("{route},direction={direction}"), bytes).await;
    }
    counts(names::CLOSES, &format!("{route},code=1005,rule="), 1.0).await;
    counts(names::CLOSES, &format!("{route},code=1011,rule=handler_panic"), 1.0).await;
    let totals = totals();
    let lives = &totals[&format!("{}{{{route}}}", names::CONNECTION_SECONDS)];
    assert!(lives.len() == 2 && lives.iter().all(|&seconds| seconds > 0.0), "{lives:?}");
    assert!(!totals.keys().any(|key| key.contains("/counted/1")), "{totals:#?}");
}

#[tokio::test]
async fn refusals_are_counted_by_rule() {
    let server = server(Limits::new()).await;
    for (origin, rule) in [(None, "handler_refused"), (Some("https://evil.example"), "origin_refused")] {
        let mut request = server.url("/refused").into_client_request().expect("a request");
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a value"));
        }
        assert_eq!(refusal(request).await.1, rule);
        counts(names::HANDSHAKES, &format!("route=/refused,outcome=refused,rule={rule}"), 1.0).await;
    }
}

#[tokio::test]
async fn refusals_that_the_log_sums_up_are_each_counted() {
    let server = server(Limits::new()).await;
    for _ in 0..50 {
        let mut request = server.url("/pinged").into_client_request().expect("a request");
        request.headers_mut().insert("origin", "https://evil.example".parse().expect("a value"));
        refusal(request).await;
    }
    counts(names::HANDSHAKES, "route=/pinged,outcome=refused,rule=origin_refused", 50.0).await;
}

#[tokio::test]
async fn who_leaves_before_the_handler_decides_is_counted_and_told_of() {
    let server = server(Limits::new()).await;
    let mut stream = dial(server.addr).await;
    let peer = stream.local_addr().expect("an address").to_string();
    stream.write_all(format!("GET /abandoned HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await.expect("sent");
    drop(stream);
    counts(names::HANDSHAKES, "route=/abandoned,outcome=abandoned,rule=", 1.0).await;
    let told = within(async {
        loop {
            let mut lines = logs::with("peer", &peer);
            lines.retain(|line| line.get("endpoint") == "abandoned");
            if !lines.is_empty() {
                return lines;
            }
            tokio::task::yield_now().await;
        }
    });
    let told = told.await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].get("message"), "handshake abandoned");
    assert_eq!(told[0].level, tracing::Level::DEBUG);
    let refused = "route=/abandoned,outcome=refused";
    assert!(!totals().keys().any(|key| key.contains(refused)), "{:#?}", totals());
}

/// Blocks its thread until that is counted, or the test gives up.
#[ws_endpoint("/blocking", group = "blocking")]
async fn blocking(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        block_until(|| COUNTED.load(Ordering::SeqCst), sockeye_tests::PATIENCE);
    }
    Ok(())
}

static COUNTED: AtomicBool = AtomicBool::new(false);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_that_block_their_thread_are_counted() {
    logs::listen();
    totals();
    let watchdog = Watchdog::after(SOON);
    let server = start(Server::new().group("blocking").watchdog(watchdog)).await;
    let mut client = server.connect("/blocking").await;
    say(&mut client, "go on").await;
    counts(names::BLOCKED_THREADS, "route=/blocking", 1.0).await;
    COUNTED.store(true, Ordering::SeqCst);
}

#[tokio::test]
async fn handlers_that_go_on_are_counted() {
    let server = server(Limits::new().max_connections(2)).await;
    let route = "route=/lingers/{how}";
    let request = server.url("/lingers/refuses").into_client_request().expect("a request");
    assert_eq!(refusal(request).await.0, 403);
    counts(names::LINGERING_HANDLERS, route, 1.0).await;
    drop(server.connect("/lingers/accepts").await);
    counts(names::LINGERING_HANDLERS, route, 2.0).await;
    counts(names::CONNECTIONS, route, 0.0).await;
    let open = [server.connect("/lingers/accepts").await, server.connect("/lingers/accepts").await];
    drop(open);
    counts(names::LINGERING_HANDLERS, route, 4.0).await;
    // Whoever comes now has the oldest dropped, down to the limit.
    let _open = server.connect("/lingers/accepts").await;
    counts(names::LINGERING_HANDLERS, route, 2.0).await;
}

#[tokio::test]
async fn handlers_and_their_tasks_are_counted_beside_connections() {
    let server = server(Limits::new()).await;
    let route = "route=/spawns";
    let open = [server.connect("/spawns").await, server.connect("/spawns").await];
    for (name, expected) in [(names::CONNECTIONS, 2.0), (names::HANDLERS, 2.0), (names::TASKS, 2.0)] {
        counts(name, route, expected).await;
    }
    drop(open);
    for name in [names::CONNECTIONS, names::HANDLERS, names::TASKS] {
        counts(name, route, 0.0).await;
    }
}

#[tokio::test]
async fn messages_that_cannot_be_read_are_counted_although_the_handler_goes_on() {
    let server = server(Limits::new()).await;
    for path in ["/tolerant", "/tolerant/stream"] {
        let mut client = server.connect(path).await;
        for (text, answer) in [("7", "7"), ("seven", "0"), ("-1", "0"), ("8", "8")] {
            say(&mut client, text).await;
            assert_eq!(hear(&mut client).await, Message::text(answer));
        }
        counts(names::UNDECODABLE, &format!("route={path}"), 2.0).await;
        counts(names::MESSAGES, &format!("route={path},direction=in"), 4.0).await;
    }
}

#[tokio::test]
async fn closes_are_counted_by_code_and_a_client_cannot_make_series() {
    let server = server(Limits::new()).await;
    for (order, code, rule) in [
        ("fail", 1011, "handler_error"),
        ("panic", 1011, "handler_panic"),
        ("close", 1013, ""),
        (&*"x".repeat(101), 1009, "message_too_big"),
    ] {
        let mut client = server.connect("/closed").await;
        say(&mut client, order).await;
        assert_eq!(close_of(&mut client).await.0, code);
        drop(client);
        counts(names::CLOSES, &format!("route=/closed,code={code},rule={rule}"), 1.0).await;
    }
    for code in [4001, 4002, 4999] {
        let mut client = server.connect("/closed").await;
        let frame = CloseFrame { code: Theirs::from(code), reason: "".into() };
        client.close(Some(frame)).await.expect("closes");
        assert_eq!(close_of(&mut client).await.0, code);
    }
    counts(names::CLOSES, "route=/closed,code=4xxx,rule=", 3.0).await;
    drop(RawSocket::open(server.addr, "/closed").await);
    counts(names::CLOSES, "route=/closed,code=1006,rule=", 1.0).await;
}

#[tokio::test]
async fn connections_that_are_turned_away_are_counted() {
    let server =
        server(Limits::new().max_http_connections(1).handshake_timeout(sockeye_tests::PATIENCE)).await;
    let _silent = dial(server.addr).await;
    let mut second = dial(server.addr).await;
    within(second.read_to_end(&mut Vec::new())).await.expect("an end");
    counts(names::TURNED_AWAY, "rule=server_full", 1.0).await;
}

#[tokio::test]
async fn clients_that_take_no_answer_are_counted() {
    let limits = Limits::new().send_timeout(std::time::Duration::from_millis(100));
    let server = server(limits).await;
    let mut client = sockeye_tests::http2::Http2::connect(server.addr, 0).await;
    client.get(1, "/closed").await;
    client.until(sockeye_tests::http2::kind::RST_STREAM).await;
    counts(names::HTTP_FAULTS, "rule=slow_client", 1.0).await;
}

#[tokio::test]
async fn pings_are_no_messages() {
    let server = server(Limits::new()).await;
    let mut client = RawSocket::open(server.addr, "/pinged").await;
    client.send(&[frame(0x89, b""), frame(0x88, b"")].concat()).await;
    assert_eq!(client.rest().await, [(0x8a, Vec::new()), (0x88, Vec::new())]);
    counts(names::CLOSES, "route=/pinged,code=1005,rule=", 1.0).await;
    counts(names::MESSAGES, "route=/pinged,direction=in", 0.0).await;
}

#[tokio::test]
async fn every_rule_that_closes_is_counted() {
    logs::listen();
    totals();
    let hub = Hub::<u32>::builder().queue(1).slow(SlowPolicy::Disconnect).name("ruled").build();
    // Short enough that nobody waits long for a client that does not answer.
    let limits = Limits::new().max_message_rate(1, 3).send_timeout(SOON).close_timeout(SOON);
    let server = Server::new().group("rules").limits(limits).heartbeat(Heartbeat::default().timeout(SOON));
    let server = start(server.state(hub.clone())).await;
    for (said, code, rule) in [
        (frame(0x81, b"1"), 1011, "handler_error"),
        (frame(0x81, b"2"), 1011, "handler_panic"),
        (frame(0x81, b"nonsense"), 1007, "invalid_message"),
        (frame(0x83, b""), 1002, "protocol_violation"),
        (frame(0x81, &[b' '; 101]), 1009, "message_too_big"),
        (frame(0x89, b"").repeat(4), 1008, "rate_limited"),
        (frame(0x81, b"3"), 1013, "slow_consumer"),
    ] {
        let mut client = RawSocket::open(server.addr, "/ruled").await;
        client.send(&said).await;
        counts(names::CLOSES, &format!("route=/ruled,code={code},rule={rule}"), 1.0).await;
    }

    let mut behind = RawSocket::open(server.addr, "/ruled").await;
    counts(names::HUB_SUBSCRIBERS, "hub=ruled", 1.0).await;
    (0..2).for_each(|n| _ = hub.topic("t").publish(&n).expect("encoded"));
    behind.send(&frame(0x81, b"0")).await;
    counts(names::CLOSES, "route=/ruled,code=1013,rule=slow_consumer", 2.0).await;
    counts(names::HUB_DISCONNECTED, "hub=ruled", 1.0).await;
    counts(names::HUB_MISSED, "hub=ruled", 1.0).await;
    counts(names::HUB_SUBSCRIBERS, "hub=ruled", 0.0).await;

    let _silent = RawSocket::open(server.addr, "/beating").await;
    counts(names::CLOSES, "route=/beating,code=1011,rule=heartbeat_missed", 1.0).await;
}

#[tokio::test]
async fn a_hub_is_counted_by_its_name() {
    let _server = server(Limits::new()).await;
    let hub = Hub::<u32>::builder().queue(3).name("progress").build();
    let topic = hub.topic("private to user 7");
    topic.publish(&0).expect("encoded");
    counts(names::HUB_PUBLISHED, "hub=progress,source=here", 1.0).await;

    let (mut fast, mut slow, stuck) = (topic.subscribe(), topic.subscribe(), topic.subscribe());
    counts(names::HUB_SUBSCRIBERS, "hub=progress", 3.0).await;
    for n in 0..5 {
        topic.publish(&n).expect("encoded");
        let event = fast.next().now_or_never().expect("an event is there").expect("an event");
        assert_eq!(event.missed(), 0);
    }
    counts(names::HUB_PUBLISHED, "hub=progress,source=here", 6.0).await;
    assert_eq!(totals()["sockeye_hub_queue_depth{hub=progress}"], [0.0, 1.0, 2.0, 3.0, 3.0]);
    // Two events, for two subscribers, though neither has looked yet.
    counts(names::HUB_MISSED, "hub=progress", 4.0).await;
    assert_eq!(slow.next().now_or_never().expect("an event is there").expect("an event").missed(), 2);

    drop((fast, slow, stuck));
    counts(names::HUB_SUBSCRIBERS, "hub=progress", 0.0).await;
    counts(names::HUB_MISSED, "hub=progress", 4.0).await;
    counts(names::HUB_DISCONNECTED, "hub=progress", 0.0).await;
    assert!(!totals().keys().any(|key| key.contains("private")), "{:#?}", totals());
}

#[derive(serde::Serialize)]
struct Step;

#[tokio::test]
async fn a_hub_without_a_name_is_called_by_the_type_of_its_events() {
    let _server = server(Limits::new()).await;
    let _feed = Hub::<Step>::new().topic("t").subscribe();
    counts(names::HUB_SUBSCRIBERS, "hub=metrics::Step", 1.0).await;
    let log = sockeye::LogStream::new();
    let _feed = log.hub().topic("t").subscribe();
    counts(names::HUB_SUBSCRIBERS, "hub=log", 1.0).await;
}

#[tokio::test]
async fn other_machines_are_told_apart() {
    let _server = server(Limits::new()).await;
    let (sender, given) = oneshot::channel::<Inlet>();
    // It never connects.
    let backplane = move |inlet: Inlet, outlet: Outlet| async move {
        sender.send(inlet).expect("the test waits for it");
        std::future::pending::<()>().await;
        drop(outlet);
    };
    let hub = Hub::<u32>::builder().name("shared").backplane(backplane).build();
    let inlet = given.await.expect("it runs");
    let topic = hub.topic("t");
    topic.publish(&1).expect("encoded");
    let _feed = topic.subscribe();
    topic.publish(&2).expect("encoded");
    assert!(["t", "t", "another"].iter().all(|topic| inlet.deliver(topic, "3")));
    counts(names::HUB_PUBLISHED, "hub=shared,source=here", 2.0).await;
    counts(names::HUB_PUBLISHED, "hub=shared,source=backplane", 3.0).await;
    counts(names::HUB_UNSENT, "hub=shared", 2.0).await;
    // Between the first and the second of this publisher three are missing.
    for number in [1, 5] {
        inlet.deliver("t", format!("\x01sockeye/1 t 00000000000000aa 1 {number} 0\n7"));
    }
    counts(names::HUB_LOST, "hub=shared", 3.0).await;
}

#[test]
fn the_table_has_every_name() {
    let table = include_str!("../runtime/src/metrics/names.md");
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    let every = [
        names::CONNECTIONS,
        names::LINGERING_HANDLERS,
        names::HANDLERS,
        names::TASKS,
        names::HANDSHAKES,
        names::EXPLANATIONS,
        names::TURNED_AWAY,
        names::HTTP_FAULTS,
        names::BLOCKED_THREADS,
        names::MESSAGES,
        names::MESSAGE_BYTES,
        names::UNDECODABLE,
        names::CLOSES,
        names::CONNECTION_SECONDS,
        names::HUB_SUBSCRIBERS,
        names::HUB_PUBLISHED,
        names::HUB_QUEUE_DEPTH,
        names::HUB_MISSED,
        names::HUB_DISCONNECTED,
        names::HUB_UNSENT,
        names::HUB_LOST,
    ];
    for (row, name) in rows.iter().zip(every) {
        assert!(row.starts_with(&format!("| `{name}` | ")), "{name}: {row}");
    }
    assert_eq!(rows.len(), every.len());
}
