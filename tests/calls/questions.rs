//! Calls of the server.

use std::{error::Error as _, time::Duration};

use axum::extract::{Path, State};
use futures_util::{
    SinkExt as _,
    future::{join, join_all},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockeye::{
    CallError, Cbor, CloseCode, Codec as _, Handshake, Json, Message, MessagePack, Question, Server,
    ws_endpoint,
};
use sockeye_tests::{Client, close_of, hear, logs, say, start, within};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::{Message as Theirs, protocol::CloseFrame};

use crate::answers::{address, asked, heard};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Add {
    left: i64,
    right: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Sum {
    sum: i64,
}

impl Question for Add {
    type Answer = Sum;
}

#[derive(Serialize)]
#[serde(untagged)]
enum Told {
    Sum { sum: i64 },
    Failed { failed: String },
    Heard { heard: Value },
}

impl Told {
    fn of(answer: Result<Sum, CallError>) -> Self {
        match answer {
            Ok(Sum { sum }) => Self::Sum { sum },
            Err(error) => Self::Failed { failed: told(&error) },
        }
    }
}

fn told(error: &CallError) -> String {
    error.source().map_or_else(|| error.to_string(), |why| format!("{error}: {why}"))
}

macro_rules! asks {
    ($name:ident, $path:literal, $Codec:ident) => {
        /// Asks back, and is the only one who receives.
        #[ws_endpoint($path)]
        async fn $name(handshake: Handshake<$Codec<Add, Told>>) -> sockeye::Result {
            let mut socket = handshake.accept().await?;
            while let Some(question) = socket.recv().await? {
                let answer = socket.call(question).await;
                socket.send(Told::of(answer)).await?;
            }
            Ok(())
        }
    };
}

asks!(json, "/asks", Json);
asks!(msgpack, "/asks-msgpack", MessagePack);
asks!(cbor, "/asks-cbor", Cbor);

/// Asks once, with little patience, and then tells what it hears.
#[ws_endpoint("/impatient")]
async fn impatient(handshake: Handshake<Json<Value, Told>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let answer = socket.call_within(Duration::from_millis(300), Add { left: 1, right: 2 }).await;
    socket.send(Told::of(answer)).await?;
    while let Some(heard) = socket.recv().await? {
        socket.send(Told::Heard { heard }).await?;
    }
    Ok(())
}

/// Asks more than it may, and forgets some.
#[ws_endpoint("/many")]
async fn many(handshake: Handshake<Json<Value, Told>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    for _ in 0..200 {
        let forgotten = sender.call(Add { left: 0, right: 0 });
        let _late = tokio::time::timeout(Duration::ZERO, forgotten).await;
    }
    let asks = sender.clone();
    sender.spawn(async move {
        let calls = (0..65).map(|left| asks.call(Add { left, right: 0 }));
        for answer in join_all(calls).await {
            let _closed = asks.send(Told::of(answer)).await;
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// Its only wait is a call.
#[ws_endpoint("/waits")]
async fn waits(handshake: Handshake<Json<Value, Told>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let Sum { sum } = socket.call_within(Duration::MAX, Add { left: 1, right: 2 }).await?;
    socket.send(Told::Sum { sum }).await
}

/// Where an endpoint tells what it cannot tell its client any more.
type Overheard = UnboundedSender<String>;

/// Calls while the client, or the server, closes.
#[ws_endpoint("/closes/{who}")]
async fn closes(
    handshake: Handshake<Json<Value, Told>>,
    Path(who): Path<String>,
    overheard: Option<State<Overheard>>,
) -> sockeye::Result {
    let (sender, _receiver) = handshake.accept().await?.split();
    let call = sender.call_within(Duration::MAX, Add { left: 1, right: 2 });
    let answer = if who == "server" {
        join(call, sender.close(CloseCode::POLICY_VIOLATION, "enough")).await.0
    } else {
        call.await
    };
    if let (Some(State(overheard)), Err(error)) = (overheard, answer) {
        overheard.send(told(&error)).unwrap();
    }
    Ok(())
}

/// The type of its question is no object.
#[ws_endpoint("/no-object")]
async fn no_object(handshake: Handshake<Json<Value, Told>>) -> sockeye::Result {
    #[derive(Serialize)]
    struct Number(u32);
    impl Question for Number {
        type Answer = Sum;
    }
    let socket = handshake.accept().await?;
    let answer = socket.call(Number(7)).await;
    socket.send(Told::of(answer)).await
}

/// Whether it is the id of the first call of a connection, with a key that no one can guess.
fn is_first(id: &Value) -> bool {
    let parts: Vec<_> = id.as_str().unwrap().split('-').collect();
    matches!(parts[..], ["sockeye", key, "1"] if key.len() == 16)
}

/// Asks, and answers with what the client has answered.
async fn exchanged(client: &mut Client, answer: Value) -> Value {
    let question = asked(client, json!({ "left": 1, "right": 2 })).await;
    let mut answer = answer;
    answer["id"] = question["id"].clone();
    asked(client, answer).await
}

#[tokio::test]
async fn a_call_has_the_answer_of_the_client() {
    let server = start(Server::new()).await;
    let mut client = server.connect("/asks").await;
    let question = asked(&mut client, json!({ "left": 1, "right": 2 })).await;
    let id = &question["id"];
    assert!(is_first(id), "{id}");
    assert_eq!(question, json!({ "id": id, "left": 1, "right": 2 }));
    assert_eq!(asked(&mut client, json!({ "id": id, "sum": 3 })).await, json!({ "sum": 3 }));
    for (answer, expected) in [
        (json!({ "sum": 4 }), json!({ "sum": 4 })),
        (json!({ "sum": 5, "error": null }), json!({ "sum": 5 })),
        (json!({ "error": "no" }), json!({ "failed": "the client answered a call with an error: no" })),
        (
            json!({ "error": { "message": "busy" } }),
            json!({ "failed": "the client answered a call with an error: busy" }),
        ),
        (
            json!({ "error": 7 }),
            json!({ "failed": "the client answered a call with an error: without a text" }),
        ),
        (
            json!({ "total": 3 }),
            json!({ "failed": "the client's answer to a call does not decode: missing field `sum` at line 1 column 45" }),
        ),
    ] {
        assert_eq!(exchanged(&mut client, answer).await, expected);
    }
}

macro_rules! exchange_in {
    ($Codec:ident, $client:expr) => {{
        let send = |value: Value| Theirs::binary($Codec::<(), Value>::encode(&value).unwrap().into_bytes());
        let read = |message: Theirs| $Codec::<Value>::decode(Message::binary(message.into_data())).unwrap();
        within($client.send(send(json!({ "left": 1, "right": 2 })))).await.unwrap();
        let question = read(hear(&mut $client).await);
        assert!(is_first(&question["id"]), "{question}");
        within($client.send(send(json!({ "id": question["id"], "sum": 3 })))).await.unwrap();
        assert_eq!(read(hear(&mut $client).await), json!({ "sum": 3 }));
    }};
}

#[tokio::test]
async fn calls_of_the_server_work_in_binary_formats() {
    let server = start(Server::new()).await;
    let mut client = server.connect("/asks-msgpack").await;
    exchange_in!(MessagePack, client);
    let mut client = server.connect("/asks-cbor").await;
    exchange_in!(Cbor, client);
}

#[tokio::test]
async fn a_late_answer_is_dropped_and_what_is_no_answer_is_heard() {
    logs::listen();
    let server = start(Server::new()).await;
    let mut client = server.connect("/impatient").await;
    let first = heard(&mut client).await["id"].as_str().unwrap().to_owned();
    let key = first.strip_suffix("1").unwrap();
    // Not of a call that was made.
    let others = ["0", "2", "01", "+1", "99999999999999999999", ""].map(|count| format!("{key}{count}"));
    let others = others
        .into_iter()
        .chain(["sockeye-1", "sockeye-0000000000000000-1", "sockeye-x", "c-1"].map(str::to_owned));
    let others: Vec<_> = others.collect();
    for id in &others {
        say(&mut client, &json!({ "id": id, "sum": 3 }).to_string()).await;
    }
    let failed = heard(&mut client).await;
    assert_eq!(failed, json!({ "failed": "the client has not answered a call within 300ms" }));
    say(&mut client, &json!({ "id": first, "sum": 3 }).to_string()).await;
    say(&mut client, &json!({ "text": first }).to_string()).await;
    for id in others {
        assert_eq!(heard(&mut client).await["heard"]["id"], id);
    }
    assert_eq!(heard(&mut client).await, json!({ "heard": { "text": first } }));
    assert!(!logs::with("message", "late answer to a call of the server dropped").is_empty());
}

#[tokio::test]
async fn an_answer_behind_more_messages_than_are_read_ahead_is_an_error_that_says_so() {
    let server = start(Server::new()).await;
    let mut client = server.connect("/impatient").await;
    let question = heard(&mut client).await;
    for number in 0..100 {
        say(&mut client, &json!({ "number": number }).to_string()).await;
    }
    say(&mut client, &json!({ "id": question["id"], "sum": 3 }).to_string()).await;
    let failed = heard(&mut client).await["failed"].to_string();
    assert!(failed.contains("await `call` beside `recv`"), "{failed}");
}

#[tokio::test]
async fn calls_of_one_connection_are_bounded_and_those_that_were_dropped_do_not_count() {
    let server = start(Server::new()).await;
    let mut client = server.connect("/many").await;
    let mut waiting = Vec::new();
    while waiting.len() < 64 {
        let question = heard(&mut client).await;
        let number: u64 = question["id"].as_str().unwrap().rsplit('-').next().unwrap().parse().unwrap();
        if number > 200 {
            waiting.push(question);
        }
    }
    // In the opposite order.
    for question in waiting.iter().rev() {
        say(&mut client, &json!({ "id": question["id"], "sum": question["left"] }).to_string()).await;
    }
    for left in 0..64 {
        assert_eq!(heard(&mut client).await, json!({ "sum": left }));
    }
    let failed = heard(&mut client).await["failed"].to_string();
    assert!(failed.contains("at most 64 of a connection"), "{failed}");
}

#[tokio::test]
async fn the_end_of_the_connection_ends_a_call_and_is_no_failure() {
    logs::listen();
    let server = start(Server::new()).await;
    let mut client = server.connect("/waits").await;
    let peer = address(&client);
    assert!(is_first(&heard(&mut client).await["id"]));
    within(client.close(None)).await.unwrap();
    drop(client);
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.level.as_str(), line.get("rule")), ("INFO", ""), "{line:?}");
}

#[tokio::test]
async fn a_call_that_the_end_has_overtaken_says_who_closed() {
    let (overheard, mut hears) = unbounded_channel::<String>();
    let server = start(Server::new().state(overheard)).await;
    let over = "the connection ended before the client answered a call";

    let mut client = server.connect("/closes/server").await;
    assert_eq!(close_of(&mut client).await, (1008, "enough".to_owned()));
    drop(client);
    let by_server = "the server closed the connection (1008 POLICY_VIOLATION): enough";
    assert_eq!(within(hears.recv()).await.unwrap(), format!("{over}: {by_server}"));

    let frame = |code: u16| Some(CloseFrame { code: code.into(), reason: "".into() });
    for (frame, by_client) in [
        (frame(1000), "the peer closed the connection (1000 NORMAL)"),
        (None, "the peer closed the connection without a code"),
    ] {
        let mut client = server.connect("/closes/client").await;
        heard(&mut client).await;
        within(client.close(frame)).await.unwrap();
        assert_eq!(within(hears.recv()).await.unwrap(), format!("{over}: {by_client}"));
    }

    let mut client = server.connect("/closes/client").await;
    heard(&mut client).await;
    drop(client);
    let lost = "the peer disconnected without a close frame";
    assert_eq!(within(hears.recv()).await.unwrap(), format!("{over}: {lost}"));
}

#[tokio::test]
async fn what_a_client_answers_is_no_failure_of_the_handler() {
    logs::listen();
    let server = start(Server::new()).await;
    for (answer, code, rule, reason) in [
        (
            json!({ "error": "no\nway" }),
            1011,
            "call_failed",
            "the client answered a call with an error: no\\nway",
        ),
        (
            json!({ "sum": "x" }),
            1007,
            "invalid_message",
            "the client's answer to a call does not decode; caused by: invalid type: string \"x\", expected i64",
        ),
    ] {
        let mut client = server.connect("/waits").await;
        let peer = address(&client);
        let question = heard(&mut client).await;
        let mut answer = answer;
        answer["id"] = question["id"].clone();
        say(&mut client, &answer.to_string()).await;
        assert_eq!(close_of(&mut client).await.0, code);
        drop(client);
        let line = logs::closing_of(&peer).await;
        assert_eq!((line.level.as_str(), line.get("rule")), ("WARN", rule), "{line:?}");
        assert!(line.get("reason").starts_with(reason), "{line:?}");
    }
}

#[tokio::test]
async fn a_question_that_is_no_object_is_an_error_that_says_what_to_write() {
    let server = start(Server::new()).await;
    let mut client = server.connect("/no-object").await;
    let failed = heard(&mut client).await["failed"].to_string();
    assert!(failed.contains("needs an object, to which the `id` is added"), "{failed}");
    assert_eq!(close_of(&mut client).await.0, 1000);
}
