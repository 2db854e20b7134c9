//! Calls of clients.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use futures_util::{FutureExt as _, SinkExt as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockeye::{
    Answer, Call, Cbor, CloseCode, Codec as _, Error, Handshake, Json, Limits, MaybeCall, Message,
    MessagePack, Responder, Server, ws_endpoint,
};
use sockeye_tests::{Client, Running, close_of, hear, logs, say, start, within};
use tokio_tungstenite::{MaybeTlsStream, tungstenite::Message as Theirs};

#[derive(Debug, Deserialize, Serialize)]
struct Question {
    left: i64,
    right: i64,
    #[serde(default)]
    fails: bool,
}

#[derive(Debug, Deserialize, Serialize, PartialEq)]
struct Sum {
    sum: i64,
}

fn sum_of(call: Call<Question>) -> Answer<Sum> {
    let (Question { left, right, fails }, responder) = call.into_parts();
    if fails { responder.fail("asked to fail") } else { responder.answer(Sum { sum: left + right }) }
}

macro_rules! adds {
    ($name:ident, $path:literal, $Codec:ident) => {
        /// Adds numbers.
        #[ws_endpoint($path)]
        async fn $name(handshake: Handshake<$Codec<Call<Question>, Answer<Sum>>>) -> sockeye::Result {
            let mut socket = handshake.accept().await?;
            while let Some(call) = socket.recv().await? {
                socket.send(sum_of(call)).await?;
            }
            Ok(())
        }
    };
}

adds!(json, "/json", Json);
adds!(msgpack, "/msgpack", MessagePack);
adds!(cbor, "/cbor", Cbor);

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Command {
    Count {
        id: Responder,
    },
    Add {
        amount: u32,
    },
    Forget {
        id: Responder,
    },
    ForgetInTask {
        id: Responder,
    },
    CancelSend {
        id: Responder,
    },
    SendAgain {
        id: Responder,
    },
    Keep {
        id: Responder,
    },
    AnswerKept,
    DropKept,
    Fail {
        id: Responder,
    },
    Close {
        id: Responder,
    },
    /// To the connection that does `AnswerAnother`.
    HandOver {
        id: Responder,
    },
    AnswerAnother,
}

/// A call that was handed over.
static HANDED_OVER: Mutex<Option<Responder>> = Mutex::new(None);

#[derive(Serialize)]
struct Count {
    count: u32,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Said {
    Answer(Answer<Count>),
    Added { added: u32 },
    Filled { filled: String },
}

/// As much as is queued before a `send` waits.
fn filled() -> Said {
    Said::Filled { filled: "x".repeat(64 * 1024) }
}

/// Some of its messages are calls.
#[ws_endpoint("/commands")]
async fn commands(handshake: Handshake<Json<Command, Said>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut count = 0;
    let mut kept = Vec::new();
    while let Some(command) = socket.recv().await? {
        match command {
            Command::Count { id } => socket.send(Said::Answer(id.answer(Count { count }))).await?,
            Command::Add { amount } => {
                count += amount;
                socket.send(Said::Added { added: amount }).await?;
            }
            Command::Forget { id } => drop(id),
            Command::ForgetInTask { id } => {
                tokio::spawn(async move {
                    tokio::task::yield_now().await;
                    drop(id);
                });
            }
            Command::Keep { id } => kept.push(id),
            Command::DropKept => kept.clear(),
            Command::AnswerKept => {
                for id in kept.drain(..) {
                    socket.send(Said::Answer(id.answer(Count { count }))).await?;
                }
            }
            // The queue is full, so a `send` waits for room.
            Command::CancelSend { id } => {
                socket.send(filled()).await?;
                let answer = Said::Answer(id.answer(Count { count }));
                assert!(socket.send(answer).now_or_never().is_none());
            }
            Command::SendAgain { id } => {
                socket.send(filled()).await?;
                let answer = Said::Answer(id.answer(Count { count }));
                assert!(socket.send(&answer).now_or_never().is_none());
                socket.send(&answer).await?;
            }
            Command::Fail { id: _id } => return Err(Error::new("the disk is full")),
            Command::HandOver { id } => *HANDED_OVER.lock().unwrap() = Some(id),
            Command::AnswerAnother => {
                let Some(id) = HANDED_OVER.lock().unwrap().take() else { continue };
                socket.send(Said::Answer(id.answer(Count { count }))).await?;
            }
            Command::Close { id: _id } => return socket.close(CloseCode::NORMAL, "enough").await,
        }
    }
    Ok(())
}

/// Messages with and without an `id`.
#[ws_endpoint("/either")]
async fn either(handshake: Handshake<Json<MaybeCall<Question>, Answer<Sum>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut last = 0;
    while let Some(call) = socket.recv().await? {
        let (Question { left, right, .. }, responder) = call.into_parts();
        if let Some(responder) = responder {
            socket.send(responder.answer(Sum { sum: last })).await?;
        }
        last = left + right;
    }
    Ok(())
}

/// Its type of messages cannot have an `id`.
#[ws_endpoint("/numbers")]
async fn numbers(handshake: Handshake<Json<Call<u32>, Answer<u32>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (number, responder) = call.into_parts();
        socket.send(responder.answer(number)).await?;
    }
    Ok(())
}

#[derive(Deserialize, Serialize)]
struct User {
    id: u32,
}

/// Answers with an object that has an `id` of its own.
#[ws_endpoint("/users")]
async fn users(handshake: Handshake<Json<Call<Question>, Answer<User>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (_, responder) = call.into_parts();
        socket.send(responder.answer(User { id: 7 })).await?;
    }
    Ok(())
}

/// Reads an object that has an `id` of its own.
#[ws_endpoint("/own-id")]
async fn own_id(handshake: Handshake<Json<Call<User>, Answer<()>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (_user, responder) = call.into_parts();
        socket.send(responder.answer(())).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct OfUser {
    user: User,
}

/// Reads an object in which another one has an `id`.
#[ws_endpoint("/nested")]
async fn nested(handshake: Handshake<Json<Call<OfUser>, Answer<Sum>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (OfUser { user }, responder) = call.into_parts();
        socket.send(responder.answer(Sum { sum: user.id.into() })).await?;
    }
    Ok(())
}

/// Tries several types for a message, and uses one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Untagged {
    #[allow(dead_code, reason = "it never fits")]
    Never {
        id: Responder,
        never: u32,
    },
    Sum(Call<Question>),
}

/// The first variant never fits, and is dropped with its `id`.
#[ws_endpoint("/untagged")]
async fn untagged(handshake: Handshake<Json<Untagged, Answer<Sum>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match message {
            Untagged::Never { id, .. } => socket.send(id.fail("never")).await?,
            Untagged::Sum(call) => socket.send(sum_of(call)).await?,
        }
    }
    Ok(())
}

pub(crate) async fn heard(client: &mut Client) -> Value {
    serde_json::from_str(hear(client).await.to_text().unwrap()).unwrap()
}

pub(crate) async fn asked(client: &mut Client, message: Value) -> Value {
    say(client, &message.to_string()).await;
    heard(client).await
}

pub(crate) fn address(client: &Client) -> String {
    let MaybeTlsStream::Plain(stream) = client.get_ref() else { panic!("plain") };
    stream.local_addr().unwrap().to_string()
}

fn unanswered(client: &str) -> Vec<logs::Line> {
    let mut lines = logs::with("peer", client);
    lines.retain(|line| line.get("rule") == "unanswered_call");
    lines
}

async fn closed(server: &Running, path: &str, message: &str) -> (u16, String, logs::Line) {
    let mut client = server.connect(path).await;
    let peer = address(&client);
    say(&mut client, message).await;
    let (code, reason) = close_of(&mut client).await;
    drop(client);
    (code, reason, logs::closing_of(&peer).await)
}

#[tokio::test]
async fn a_call_has_its_answer_or_an_error() {
    let server = start(Server::new()).await;
    let mut client = server.connect("/json").await;
    for id in [json!("c-x7f3ab-1"), json!(""), json!(7), json!(-7), json!(1.5), json!(u64::MAX)] {
        let answer = asked(&mut client, json!({ "left": 1, "right": 2, "id": id })).await;
        assert_eq!(answer, json!({ "id": id, "sum": 3 }));
    }
    let failed = asked(&mut client, json!({ "left": 1, "right": 2, "fails": true, "id": "c-2" })).await;
    assert_eq!(failed, json!({ "id": "c-2", "error": "asked to fail" }));
}

#[tokio::test]
async fn calls_work_in_binary_formats() {
    let server = start(Server::new()).await;
    let call = BTreeMap::from([("left", json!(1)), ("right", json!(2)), ("id", json!("c-1"))]);
    let answer = json!({ "id": "c-1", "sum": 3 });
    let mut client = server.connect("/msgpack").await;
    let message = MessagePack::<(), _>::encode(&call).unwrap();
    within(client.send(Theirs::binary(message.into_bytes()))).await.unwrap();
    let heard = Message::binary(hear(&mut client).await.into_data());
    assert_eq!(MessagePack::<Value>::decode(heard).unwrap(), answer);

    let mut client = server.connect("/cbor").await;
    let message = Cbor::<(), _>::encode(&call).unwrap();
    within(client.send(Theirs::binary(message.into_bytes()))).await.unwrap();
    let heard = Message::binary(hear(&mut client).await.into_data());
    assert_eq!(Cbor::<Value>::decode(heard).unwrap(), answer);
}

#[tokio::test]
async fn other_messages_travel_beside_calls() {
    let server = start(Server::new()).await;
    let mut client = server.connect("/commands").await;
    assert_eq!(asked(&mut client, json!({ "do": "add", "amount": 3 })).await, json!({ "added": 3 }));
    let count = asked(&mut client, json!({ "do": "count", "id": "c-1" })).await;
    assert_eq!(count, json!({ "id": "c-1", "count": 3 }));

    let mut client = server.connect("/either").await;
    say(&mut client, r#"{"left":1,"right":2}"#).await;
    let answer = asked(&mut client, json!({ "left": 0, "right": 0, "id": 1 })).await;
    assert_eq!(answer, json!({ "id": 1, "sum": 3 }));
}

#[tokio::test]
async fn a_dropped_responder_is_logged_and_the_client_is_told() {
    logs::listen();
    let server = start(Server::new()).await;
    for command in ["forget", "forget_in_task"] {
        let mut client = server.connect("/commands").await;
        let peer = address(&client);
        let answer = asked(&mut client, json!({ "do": command, "id": "c-1" })).await;
        assert_eq!(answer, json!({ "id": "c-1", "error": "the server has not answered this call" }));
        let [line] = &unanswered(&peer)[..] else { panic!("one line") };
        assert_eq!((line.level.as_str(), line.get("endpoint")), ("WARN", "commands"));
        assert!(line.get("reason").contains("dropped the `Responder` of a call"), "{line:?}");
        assert!(line.get("remedy").contains("`responder.answer(value)`"), "{line:?}");
        // The connection goes on.
        let count = asked(&mut client, json!({ "do": "count", "id": "c-2" })).await;
        assert_eq!(count["count"], 0);
        assert_eq!(unanswered(&peer).len(), 1);
    }
}

#[tokio::test]
async fn an_answer_whose_send_is_cancelled_is_not_lost_silently() {
    logs::listen();
    let server = start(Server::new()).await;
    let mut client = server.connect("/commands").await;
    let peer = address(&client);
    assert!(asked(&mut client, json!({ "do": "cancel_send", "id": "c-1" })).await["filled"].is_string());
    let told = heard(&mut client).await;
    assert_eq!(told, json!({ "id": "c-1", "error": "the server has not answered this call" }));
    assert_eq!(unanswered(&peer).len(), 1);

    assert!(asked(&mut client, json!({ "do": "send_again", "id": "c-2" })).await["filled"].is_string());
    assert_eq!(heard(&mut client).await, json!({ "id": "c-2", "count": 0 }));
    assert_eq!(unanswered(&peer).len(), 1);
}

#[tokio::test]
async fn one_call_more_than_may_be_open_gets_an_error_and_the_connection_goes_on() {
    logs::listen();
    let server = start(Server::new().limits(Limits::new().max_open_calls(2))).await;
    let mut client = server.connect("/commands").await;
    let peer = address(&client);
    // Those that are answered or dropped do not count any more.
    for _ in 0..3 {
        let refused = json!({ "id": 3, "error": "too many calls of this connection are not answered yet" });
        for id in 1..=2 {
            say(&mut client, &json!({ "do": "keep", "id": id }).to_string()).await;
        }
        assert_eq!(asked(&mut client, json!({ "do": "keep", "id": 3 })).await, refused);
        // Other messages are received.
        assert_eq!(asked(&mut client, json!({ "do": "add", "amount": 0 })).await, json!({ "added": 0 }));
        let first = asked(&mut client, json!({ "do": "answer_kept" })).await;
        let second = heard(&mut client).await;
        assert_eq!((first["id"].as_u64(), second["id"].as_u64()), (Some(1), Some(2)));
        let dropped = asked(&mut client, json!({ "do": "forget", "id": 4 })).await;
        assert_eq!(dropped["error"], "the server has not answered this call");
    }
    let lines = refused(&peer);
    let [line, _, _] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((line.level.as_str(), line.get("endpoint")), ("WARN", "commands"));
    assert!(line.get("reason").contains("2 calls of the connection are not answered yet"), "{line:?}");
    assert!(line.get("remedy").contains("`Limits::max_open_calls`"), "{line:?}");
}

fn refused(peer: &str) -> Vec<logs::Line> {
    let mut lines = logs::with("peer", peer);
    lines.retain(|line| line.get("rule") == "too_many_calls");
    lines
}

/// Answers in tasks, each of which waits until the client reads.
#[ws_endpoint("/tasks")]
async fn tasks(handshake: Handshake<Json<Call<Question>, Answer<Sum>>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(call) = receiver.recv().await? {
        let (_, responder) = call.into_parts();
        let to = sender.clone();
        sender.spawn(async move { _ = to.send(responder.fail("x".repeat(64 * 1024))).await });
    }
    Ok(())
}

#[tokio::test]
async fn calls_that_are_answered_in_tasks_are_bounded_for_a_client_that_does_not_read() {
    logs::listen();
    let server = start(Server::new().limits(Limits::new().max_open_calls(100))).await;
    let mut client = server.connect("/tasks").await;
    let peer = address(&client);
    for id in 0..2000 {
        let call = json!({ "left": 1, "right": 2, "id": id }).to_string();
        within(client.feed(Theirs::text(call))).await.unwrap();
    }
    within(client.flush()).await.unwrap();
    within(async {
        while refused(&peer).is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(heard(&mut client).await["error"].is_string());
}

#[tokio::test]
async fn every_dropped_call_is_answered_for_a_client_that_reads() {
    logs::listen();
    let server = start(Server::new()).await;
    let mut client = server.connect("/commands").await;
    let mut ids: BTreeSet<String> = (0..900).map(|n| format!("{n:0>120}")).collect();
    for id in &ids {
        let call = json!({ "do": "keep", "id": id }).to_string();
        within(client.feed(Theirs::text(call))).await.unwrap();
    }
    within(client.flush()).await.unwrap();
    say(&mut client, r#"{"do":"drop_kept"}"#).await;
    while !ids.is_empty() {
        let told = heard(&mut client).await;
        assert_eq!(told["error"], "the server has not answered this call");
        assert!(ids.remove(told["id"].as_str().unwrap()), "{told}");
    }
}

#[tokio::test]
async fn the_end_of_a_connection_is_the_answer_to_its_calls() {
    logs::listen();
    let server = start(Server::new()).await;
    for (command, expected) in [("fail", 1011), ("close", 1000)] {
        let mut client = server.connect("/commands").await;
        let peer = address(&client);
        say(&mut client, &json!({ "do": command, "id": "c-1" }).to_string()).await;
        assert_eq!(close_of(&mut client).await.0, expected);
        drop(client);
        logs::closing_of(&peer).await;
        assert!(unanswered(&peer).is_empty());
    }
}

#[tokio::test]
async fn a_variant_that_does_not_fit_is_no_call() {
    logs::listen();
    let server = start(Server::new()).await;
    let mut client = server.connect("/untagged").await;
    let peer = address(&client);
    let answer = asked(&mut client, json!({ "left": 1, "right": 2, "id": "c-1" })).await;
    assert_eq!(answer, json!({ "id": "c-1", "sum": 3 }));
    assert!(unanswered(&peer).is_empty());
}

#[tokio::test]
async fn calls_without_an_answer_do_not_pile_up_for_a_client_that_does_not_read() {
    logs::listen();
    let server = start(Server::new()).await;
    let mut client = server.connect("/commands").await;
    let peer = address(&client);
    let forget = json!({ "do": "forget", "id": "x".repeat(128) }).to_string();
    for _ in 0..2000 {
        within(client.feed(Theirs::text(forget.clone()))).await.unwrap();
    }
    within(client.flush()).await.unwrap();
    say(&mut client, &json!({ "do": "count", "id": "last" }).to_string()).await;
    loop {
        let answer = heard(&mut client).await;
        if answer["id"] == "last" {
            break;
        }
        assert_eq!(answer["error"], "the server has not answered this call");
    }
    // What one client repeats is summed up.
    assert!((1..1000).contains(&unanswered(&peer).len()));
}

#[tokio::test]
async fn what_is_no_call_is_an_invalid_message_that_says_what_to_write() {
    logs::listen();
    let server = start(Server::new()).await;
    for (path, message, expected) in [
        ("/json", r#"{"left":1,"right":2}"#, "the message has no `id`, so it cannot be answered"),
        ("/json", r#"{"left":1,"right":2,"id":null}"#, "the message has no `id`"),
        ("/json", r#"{"left":1,"id":1}"#, "missing field `right`"),
        ("/json", r#"{"left":1,"right":2,"id":[1]}"#, "a text of at most 128 bytes or a number"),
        ("/json", "[1]", "invalid type: "),
        ("/numbers", r#"{"id":1}"#, "`Call<u32>` needs an object"),
        ("/own-id", r#"{"id":7}"#, "has a field `id` of its own"),
        ("/nested", r#"{"id":7,"user":{}}"#, "missing field `id` at line 1 column 18"),
    ] {
        let (code, reason, line) = closed(&server, path, message).await;
        assert_eq!((code, line.get("rule")), (1007, "invalid_message"), "{message}: {line:?}");
        assert!(line.get("reason").contains(expected), "{message}: {line:?}");
        assert!(!reason.is_empty());
    }
    let long = json!({ "left": 1, "right": 2, "id": "x".repeat(129) }).to_string();
    let (_, _, line) = closed(&server, "/json", &long).await;
    assert!(line.get("reason").contains("invalid length 129"), "{line:?}");
}

#[tokio::test]
async fn an_answer_on_another_connection_is_an_error_for_both() {
    logs::listen();
    let server = start(Server::new()).await;
    let mut asking = server.connect("/commands").await;
    say(&mut asking, r#"{"do":"hand_over","id":"c-1"}"#).await;
    // Once this is answered, the call has been handed over.
    assert_eq!(asked(&mut asking, json!({ "do": "count", "id": "c-2" })).await["count"], 0);
    let (code, _, line) = closed(&server, "/commands", r#"{"do":"answer_another"}"#).await;
    assert_eq!((code, line.get("rule")), (1011, "handler_error"));
    assert!(line.get("reason").contains("belongs to a call of another connection"), "{line:?}");
    let told = heard(&mut asking).await;
    assert_eq!(told, json!({ "id": "c-1", "error": "the server has not answered this call" }));
}

#[tokio::test]
async fn an_answer_that_cannot_have_an_id_is_an_error_that_says_what_to_write() {
    logs::listen();
    let server = start(Server::new()).await;
    let (code, _, line) = closed(&server, "/users", r#"{"left":1,"right":2,"id":1}"#).await;
    assert_eq!((code, line.get("rule")), (1011, "handler_error"));
    assert!(line.get("reason").contains("has a field `id` of its own"), "{line:?}");
    assert!(line.get("reason").contains("give it another name"), "{line:?}");
}
