//! The program's log as a stream: what a dashboard sees, and what it costs.
//!
//! Each test has a subscriber of its own, for its thread: the runtime of a test has one.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::extract::State;
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};
use sockeye::{
    Handshake, Hub, Json, LogFilter, LogRecord, LogStream, Position, Server, Subscription,
    backplane::{Inlet, Outlet},
    ws_endpoint,
};
use sockeye_tests::{Client, close_of, hear, say, start, within};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::{Layer as _, filter::LevelFilter, layer::SubscriberExt as _, reload};

/// Shows the log, and logs that it does.
#[ws_endpoint("/logs")]
async fn logs(handshake: Handshake, State(hub): State<Hub<LogRecord>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut feed = hub.topic(LogStream::TOPIC).subscribe();
    socket.send("subscribed").await?;
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            record = feed.next() => {
                tracing::info!("a record is sent");
                socket.send(record?).await?;
                tracing::info!("a record was sent");
            }
        }
    }
}

/// Sends the log from a task of its own.
#[ws_endpoint("/logs/task")]
async fn from_a_task(handshake: Handshake, State(hub): State<Hub<LogRecord>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut feed = hub.topic(LogStream::TOPIC).subscribe();
    socket.send("subscribed").await?;
    let (sender, mut receiver) = socket.split();
    let sending = tokio::spawn(async move {
        while let Ok(record) = feed.next().await {
            tracing::info!("a record is sent");
            sender.send(record).await?;
        }
        Ok::<_, sockeye::Error>(())
    });
    let conversation = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    let ended = conversation.await;
    sending.abort();
    ended
}

/// A stream that hears what this thread logs while the guard lives.
fn connected() -> (LogStream, DefaultGuard) {
    let stream = LogStream::new();
    let guard = set_default(tracing_subscriber::registry().with(stream.clone()));
    (stream, guard)
}

fn subscribe(stream: &LogStream) -> Subscription<LogRecord> {
    stream.hub().topic(LogStream::TOPIC).subscribe()
}

/// Every record that is there, without its time.
fn records(feed: &mut Subscription<LogRecord>) -> Vec<Value> {
    let mut records = Vec::new();
    while let Some(event) = feed.next().now_or_never() {
        let mut record: Value = serde_json::from_slice(event.unwrap().message().as_bytes()).unwrap();
        assert!(record.as_object_mut().unwrap().remove("time").unwrap().as_u64() > Some(1_700_000_000_000));
        records.push(record);
    }
    records
}

#[test]
fn a_record_says_what_the_log_says() {
    let (stream, _guard) = connected();
    let mut feed = subscribe(&stream);
    let outer = tracing::info_span!("request", id = 7, user = tracing::field::Empty).entered();
    outer.record("user", "ada");
    let inner = tracing::debug_span!("query").entered();
    let broken = std::io::Error::other("the disk is full");
    tracing::warn!(
        target: "app::db",
        ms = 812_u64,
        delta = -1,
        ratio = 0.5,
        cached = false,
        table = "users",
        error = &broken as &dyn std::error::Error,
        "slow {}",
        "query"
    );
    drop((inner, outer));
    tracing::trace!("alone");
    let expected = json!([
        {
            "level": "WARN",
            "target": "app::db",
            "message": "slow query",
            "fields": {
                "ms": 812, "delta": -1, "ratio": 0.5, "cached": false, "table": "users", "error": "the disk is full",
            },
            "spans": [
                { "name": "request", "fields": { "id": 7, "user": "ada" } },
                { "name": "query", "fields": {} },
            ],
        },
        { "level": "TRACE", "target": "log_stream", "message": "alone", "fields": {}, "spans": [] },
    ]);
    assert_eq!(Value::from(records(&mut feed)), expected);
}

/// Logs while it is written down.
struct Talkative;

impl fmt::Debug for Talkative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tracing::info!("from a value");
        f.write_str("talkative")
    }
}

#[test]
fn a_value_that_logs_can_be_recorded_later() {
    let (stream, _guard) = connected();
    let mut feed = subscribe(&stream);
    let span = tracing::info_span!("request", first = 1, value = tracing::field::Empty);
    let _entered = span.enter();
    span.record("value", tracing::field::debug(Talkative));
    tracing::info!("done");
    let records = records(&mut feed);
    let last = records.last().expect("a record");
    assert_eq!(last["spans"][0]["fields"], json!({ "first": 1, "value": "talkative" }));
}

#[test]
fn a_long_text_is_cut() {
    let (stream, _guard) = connected();
    let mut feed = subscribe(&stream);
    tracing::info!(body = "é".repeat(1_000_000), "{}", "x".repeat(9_000));
    let record = &records(&mut feed)[0];
    assert_eq!(record["message"].as_str().unwrap(), "x".repeat(8192) + "…");
    assert_eq!(record["fields"]["body"].as_str().unwrap(), "é".repeat(4096) + "…");
}

/// Counts how often somebody wants to read it.
struct Counted<'a>(&'a AtomicUsize);

impl fmt::Debug for Counted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fetch_add(1, Ordering::Relaxed);
        tracing::info!("said while a record is made");
        f.write_str("counted")
    }
}

#[test]
fn nobody_listens_and_nothing_is_written_down() {
    let (stream, _guard) = connected();
    let count = AtomicUsize::new(0);
    tracing::info!(value = ?Counted(&count), "unheard");
    assert_eq!(count.load(Ordering::Relaxed), 0);
    let mut feed = subscribe(&stream);
    tracing::info!(value = ?Counted(&count), "heard");
    assert_eq!(count.load(Ordering::Relaxed), 1);
    assert_eq!(records(&mut feed).len(), 1, "what a field's `Debug` logs is not in the stream");
}

#[test]
fn a_stream_with_a_history_keeps_what_nobody_has_heard() {
    let stream = LogStream::with(Hub::builder().history(2));
    let _guard = set_default(tracing_subscriber::registry().with(stream.clone()));
    for number in 1..=3 {
        tracing::info!(number, "before anyone listens");
    }
    let mut feed = stream.hub().topic(LogStream::TOPIC).subscribe_from(Position::OLDEST);
    let kept: Vec<_> = records(&mut feed).iter().map(|record| record["fields"]["number"].clone()).collect();
    assert_eq!(kept, [2, 3]);
}

#[test]
fn the_transport_is_left_out() {
    let (stream, _guard) = connected();
    let mut feed = subscribe(&stream);
    tracing::trace!(target: "h2::codec::framed_write", "send");
    tracing::debug!(target: "hyper", "flushed");
    tracing::info!(target: "hyperspace", "an application");
    let records = records(&mut feed);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["target"], "hyperspace");
}

/// The text messages up to this one, by what the record says.
async fn until(client: &mut Client, last: &str) -> Vec<String> {
    let mut messages = Vec::new();
    loop {
        let record: Value = serde_json::from_str(hear(client).await.to_text().unwrap()).unwrap();
        messages.push(record["message"].as_str().unwrap().to_owned());
        if messages.last().is_some_and(|message| message == last) {
            return messages;
        }
    }
}

/// Shows each client the part of the log that it asks for.
#[ws_endpoint("/logs/filtered")]
async fn filtered(
    handshake: Handshake<Json<LogFilter, LogRecord>>,
    State(hub): State<Hub<LogRecord>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(filter) = socket.recv().await? else { return Ok(()) };
    let mut feed = hub.topic(LogStream::TOPIC).subscribe_from(Position::OLDEST);
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            record = feed.next() => {
                let record = record?;
                if filter.wants(&record) {
                    socket.send(record).await?;
                }
            }
        }
    }
}

#[tokio::test]
async fn each_client_chooses_level_and_target() {
    let stream = LogStream::with(Hub::builder().history(100));
    let _guard = set_default(tracing_subscriber::registry().with(stream.clone()));
    let server = start(Server::new().state(stream.hub()).ready("log stream", stream)).await;
    tracing::error!(target: "shop::\"db\"", "e");
    tracing::warn!(target: "shop", "w");
    tracing::info!(target: "shop", "i");
    tracing::debug!(target: "shop", "d");
    tracing::warn!(target: "other", "o");
    tracing::error!(target: "shop", "last");
    for (filter, expected) in [
        (r#"{"level":"WARN","target":"shop"}"#, &["e", "w", "last"][..]),
        (r#"{"level":"error"}"#, &["e", "last"]),
        (r#"{"target":"shop::"}"#, &["e"]),
        (r#"{"level":"DEBUG","target":"shop"}"#, &["e", "w", "i", "d", "last"]),
    ] {
        let mut client = server.connect("/logs/filtered").await;
        say(&mut client, filter).await;
        assert_eq!(until(&mut client, expected.last().unwrap()).await, expected, "{filter}");
    }
    let mut client = server.connect("/logs/filtered").await;
    say(&mut client, r#"{"level":"LOUD"}"#).await;
    let (code, reason) = close_of(&mut client).await;
    assert_eq!((code, reason.contains("LOUD")), (1007, true), "{reason}");
}

#[test]
fn a_filter_is_the_same_as_json_and_in_rust() {
    let written = json!({ "level": "DEBUG", "target": "my_app" });
    let filter = LogFilter::new(tracing::Level::DEBUG).target("my_app");
    assert_eq!(serde_json::to_value(&filter).unwrap(), written);
    assert_eq!(serde_json::from_value::<LogFilter>(written).unwrap(), filter);
    assert_eq!(serde_json::from_value::<LogFilter>(json!({})).unwrap(), LogFilter::default());
    assert!(serde_json::from_value::<LogFilter>(json!({ "targets": "" })).is_err());
}

/// Two dashboards whose handlers log what they do: nothing that is said on the way of a record becomes one.
#[tokio::test]
async fn the_stream_does_not_feed_on_itself() {
    let (stream, _guard) = connected();
    let server = start(Server::new().state(stream.hub()).ready("log stream", stream)).await;
    for path in ["/logs", "/logs/task"] {
        let mut clients = [server.connect(path).await, server.connect(path).await];
        for client in &mut clients {
            assert_eq!(hear(client).await.to_text().unwrap(), "subscribed");
        }
        // A task is known as a reader once it has waited; by the first record it has.
        tracing::info!("warm up");
        for client in &mut clients {
            until(client, "warm up").await;
        }
        for n in 0..50 {
            tracing::info!("record {n}");
        }
        tracing::info!("last");
        let expected: Vec<_> = (0..50).map(|n| format!("record {n}")).chain(["last".to_owned()]).collect();
        for client in &mut clients {
            assert_eq!(until(client, "last").await, expected);
            client.close(None).await.unwrap();
            while client.next().await.is_some() {}
        }
    }
}

/// Reads the stream outside of any task, as `#[tokio::main]` does, and logs what it reads.
#[tokio::test]
async fn a_reader_that_is_no_task_does_not_feed_itself() {
    let (stream, _guard) = connected();
    let mut feed = subscribe(&stream);
    tracing::info!("one");
    for _ in 0..3 {
        let Some(record) = feed.next().now_or_never() else { break };
        tracing::info!(record = record.unwrap().message().as_text(), "shown");
    }
    assert_eq!(records(&mut feed), [] as [Value; 0]);

    tokio::spawn(async { tracing::info!("from a task") }).await.unwrap();
    let from_a_task = records(&mut feed);
    assert_eq!((from_a_task.len(), &from_a_task[0]["message"]), (1, &json!("from a task")));
    drop(feed);
    let mut feed = subscribe(&stream);
    tracing::info!("nobody reads here any more");
    assert_eq!(records(&mut feed).len(), 1);
}

/// What a broker's client does: it logs each event that it carries, in a task of its own.
async fn chatty(carried: Arc<AtomicUsize>, inlet: Inlet, mut outlet: Outlet) {
    inlet.connected();
    while outlet.next().await.is_some() {
        carried.fetch_add(1, Ordering::SeqCst);
        tracing::info!("an event is carried");
    }
}

#[tokio::test]
async fn a_stream_takes_no_backplane() {
    let carried = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&carried);
    let backplane = |inlet: Inlet, outlet: Outlet| chatty(count, inlet, outlet);
    let stream = LogStream::with(Hub::builder().backplane(backplane));
    let _guard = set_default(tracing_subscriber::registry().with(stream.clone()));
    let mut feed = subscribe(&stream);
    tracing::info!("one");
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!((records(&mut feed).len(), carried.load(Ordering::SeqCst)), (1, 0));
    let report = report(&stream).await;
    assert!(
        report.contains("component `log stream` is not ready: a log stream cannot have a backplane"),
        "{report}"
    );
}

/// A dashboard that reads nothing costs its queue, and the program goes on.
#[tokio::test]
async fn a_slow_dashboard_does_not_slow_the_program() {
    let stream = LogStream::with(Hub::builder().queue(10));
    let _guard = set_default(tracing_subscriber::registry().with(stream.clone()));
    let server = start(Server::new().state(stream.hub())).await;
    let mut client = server.connect("/logs").await;
    hear(&mut client).await;
    let text = "x".repeat(8192);
    for n in 0..5_000 {
        tracing::info!(n, "{text}");
        if n % 10 == 0 {
            tokio::task::yield_now().await;
        }
    }
    tracing::info!("last");
    let seen = within(until(&mut client, "last")).await;
    assert!(seen.len() < 5_000, "{} records were kept for it", seen.len());
}

/// The report of a server with this stream; empty when it starts.
async fn report(stream: &LogStream) -> String {
    let server = Server::new().state(stream.hub()).ready("log stream", stream.clone());
    server.check().await.map_or_else(|error| error.to_string(), |_| String::new())
}

#[tokio::test]
async fn a_stream_that_hears_nothing_does_not_start() {
    let stream = LogStream::new();
    let guard = set_default(tracing_subscriber::registry());
    let report_of_another = report(&stream).await;
    assert!(
        report_of_another.contains(
            "error[component_not_ready]: component `log stream` is not ready: log events do not reach the \
             stream: add a clone of this stream to the subscriber"
        ),
        "{report_of_another}"
    );
    drop(guard);
    let _other = connected();
    assert!(report(&stream).await.contains("component_not_ready"), "another stream is none");
}

#[tokio::test]
async fn nobody_logs_at_all() {
    let report = report(&LogStream::new()).await;
    assert!(
        report.contains("component `log stream` is not ready: no `tracing` subscriber is installed"),
        "{report}"
    );
}

#[tokio::test]
async fn a_stream_that_is_connected_starts() {
    let (stream, _guard) = connected();
    assert_eq!(report(&stream).await, "");
}

#[tokio::test]
async fn a_stream_behind_a_filter_starts() {
    for level in [LevelFilter::TRACE, LevelFilter::ERROR, LevelFilter::OFF] {
        let stream = LogStream::new();
        let _guard = set_default(tracing_subscriber::registry().with(stream.clone().with_filter(level)));
        assert_eq!(report(&stream).await, "", "{level}");
    }
    let stream = LogStream::new();
    let (hidden, _handle) = reload::Layer::new(stream.clone());
    let _guard = set_default(tracing_subscriber::registry().with(hidden).with(LevelFilter::ERROR));
    assert_eq!(report(&stream).await, "");
}
