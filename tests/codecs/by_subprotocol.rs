//! One endpoint, whose clients choose the format by their subprotocol.

use axum::extract::State;
use futures_util::SinkExt as _;
use serde::{Deserialize, Serialize};
use sockeye::{
    BySubprotocol, Cbor, Format, FormatList, Handshake, Hub, Json, MessagePack, Server, SubprotocolFormats,
    ws_endpoint,
};
use sockeye_tests::{Client, Running, close_of, dial, hear, logs, refusal, start, within};
use tokio_tungstenite::{
    MaybeTlsStream,
    tungstenite::{Message as Theirs, client::IntoClientRequest, handshake::client::Request},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    text: String,
    number: u32,
}

struct Chat;

impl SubprotocolFormats for Chat {
    type In = Line;
    type Out = Line;
    const FORMATS: FormatList<Line, Line> = &[
        ("chat.json", Format::of::<Json<Line>>()),
        ("chat.msgpack", Format::of::<MessagePack<Line>>()),
        ("chat.cbor", Format::of::<Cbor<Line>>()),
    ];
}

struct Lenient;

impl SubprotocolFormats for Lenient {
    type In = Line;
    type Out = Line;
    const FORMATS: FormatList<Line, Line> = &[("chat.msgpack", Format::of::<MessagePack<Line>>())];
    const WITHOUT: Option<Format<Line, Line>> = Some(Format::of::<Json<Line>>());
}

/// Publishes what it receives to everyone.
#[ws_endpoint(
    "/chat",
    group = "formats",
    heartbeat_message = "1h",
    subprotocols = ["chat.json", "chat.msgpack", "chat.cbor"]
)]
async fn chat(handshake: Handshake<BySubprotocol<Chat>>, State(hub): State<Hub<Line>>) -> sockeye::Result {
    let room = hub.topic("room");
    let mut lines = room.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            line = socket.recv() => match line? {
                Some(line) => _ = room.publish(&line)?,
                None => return Ok(()),
            },
            line = lines.next() => socket.send(line?).await?,
        }
    }
}

/// Forwards the room.
#[ws_endpoint("/listen", group = "formats", subprotocols = ["chat.json", "chat.msgpack", "chat.cbor"])]
async fn listen(handshake: Handshake<BySubprotocol<Chat>>, State(hub): State<Hub<Line>>) -> sockeye::Result {
    let lines = hub.topic("room").subscribe();
    handshake.accept().await?.forward(lines).await
}

/// Echoes, in JSON unless asked otherwise.
#[ws_endpoint("/lenient", group = "formats", subprotocols = ["chat.msgpack"])]
async fn lenient(handshake: Handshake<BySubprotocol<Lenient>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(line) = socket.recv().await? {
        socket.send(&line).await?;
    }
    Ok(())
}

/// Chooses a subprotocol for which there is no format.
#[ws_endpoint("/wrong_choice", group = "formats", subprotocols = ["chat.msgpack"])]
async fn wrong_choice(handshake: Handshake<BySubprotocol<Lenient>>) -> sockeye::Result {
    let mut socket = handshake.accept().subprotocol("other").await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Publishes to a hub that writes JSON.
#[ws_endpoint("/json_hub", group = "json_hub", subprotocols = ["chat.json", "chat.msgpack", "chat.cbor"])]
async fn json_hub(
    handshake: Handshake<BySubprotocol<Chat>>,
    State(hub): State<Hub<Line>>,
) -> sockeye::Result {
    let mut lines = hub.topic("room").subscribe();
    let mut socket = handshake.accept().await?;
    while let Some(line) = socket.recv().await? {
        hub.topic("room").publish(&line)?;
        socket.send(lines.next().await?).await?;
    }
    Ok(())
}

async fn server() -> Running {
    logs::listen();
    let hub = Hub::encoded_by::<BySubprotocol<Chat>>().build();
    start(Server::new().group("formats").state(hub)).await
}

fn request(server: &Running, path: &str, offer: &str) -> Request {
    let mut request = server.url(path).into_client_request().expect("a URL");
    if !offer.is_empty() {
        request.headers_mut().insert("sec-websocket-protocol", offer.parse().expect("a header"));
    }
    request
}

async fn connect(server: &Running, path: &str, offer: &str) -> (Client, Option<String>) {
    let stream = MaybeTlsStream::Plain(dial(server.addr).await);
    let (client, response) = within(tokio_tungstenite::client_async(request(server, path, offer), stream))
        .await
        .expect("connects");
    let chosen =
        response.headers().get("sec-websocket-protocol").map(|name| name.to_str().unwrap().to_owned());
    (client, chosen)
}

/// How a client writes a line.
type Write = fn(&Line) -> Theirs;

fn line(text: &str) -> Line {
    Line { text: text.to_owned(), number: 7 }
}

fn json(line: &Line) -> Theirs {
    Theirs::text(serde_json::to_string(line).unwrap())
}

fn msgpack(line: &Line) -> Theirs {
    Theirs::binary(rmp_serde::to_vec_named(line).unwrap())
}

fn cbor(line: &Line) -> Theirs {
    let mut bytes = Vec::new();
    ciborium::into_writer(line, &mut bytes).unwrap();
    Theirs::binary(bytes)
}

#[tokio::test]
async fn each_client_of_one_room_reads_and_writes_its_own_format() {
    let server = server().await;
    let formats: [(&str, Write); 3] = [("chat.json", json), ("chat.msgpack", msgpack), ("chat.cbor", cbor)];
    let mut talkers = Vec::new();
    for (name, write) in formats {
        let (mut client, chosen) = connect(&server, "/chat", name).await;
        assert_eq!(chosen.as_deref(), Some(name));
        // The heartbeat comes first: a map with the same fields in each format.
        let heartbeat = hear(&mut client).await;
        assert_eq!(heartbeat.is_text(), name == "chat.json", "{heartbeat:?}");
        talkers.push((client, write));
        let (client, _) = connect(&server, "/listen", name).await;
        talkers.push((client, write));
    }
    for speaker in [0, 2, 4] {
        let said = line(&format!("from {speaker}"));
        let (client, write) = &mut talkers[speaker];
        let written = write(&said);
        within(client.send(written)).await.expect("sent");
        for (client, write) in &mut talkers {
            assert_eq!(hear(client).await, write(&said));
        }
    }
}

#[tokio::test]
async fn the_preferred_one_of_several_is_chosen() {
    let server = server().await;
    let (mut client, chosen) = connect(&server, "/listen", "bearer.abc, chat.cbor, chat.msgpack").await;
    assert_eq!(chosen.as_deref(), Some("chat.msgpack"));
    let (mut talker, _) = connect(&server, "/chat", "chat.json").await;
    within(talker.send(json(&line("hello")))).await.expect("sent");
    assert_eq!(hear(&mut client).await, msgpack(&line("hello")));
}

#[tokio::test]
async fn a_client_that_offers_none_is_refused_or_has_the_format_that_is_meant_for_it() {
    let server = server().await;
    let (status, rule, body) = refusal(request(&server, "/chat", "")).await;
    assert_eq!((status, rule.as_str()), (400, "subprotocol_refused"), "{body}");
    assert!(
        body.contains(
            "the client offers no subprotocol, and the endpoint reads and writes messages by it: \
             `chat.json, chat.msgpack, chat.cbor`"
        ) && body.contains("have the client offer a subprotocol that the endpoint supports"),
        "{body}"
    );
    let (status, rule, _) = refusal(request(&server, "/chat", "chat.xml")).await;
    assert_eq!((status, rule.as_str()), (400, "subprotocol_refused"));

    for (offer, write) in [("", json as Write), ("chat.msgpack", msgpack)] {
        let (mut client, chosen) = connect(&server, "/lenient", offer).await;
        assert_eq!(chosen.unwrap_or_default(), offer);
        within(client.send(write(&line("hi")))).await.expect("sent");
        assert_eq!(hear(&mut client).await, write(&line("hi")));
    }
}

#[tokio::test]
async fn a_message_in_the_format_of_another_subprotocol_is_invalid() {
    let server = server().await;
    let (mut client, _) = connect(&server, "/lenient", "chat.msgpack").await;
    within(client.send(json(&line("hi")))).await.expect("sent");
    let (code, reason) = close_of(&mut client).await;
    assert_eq!(code, 1003);
    assert!(reason.starts_with("a text message, where messages are MessagePack"), "{reason}");
}

#[tokio::test]
async fn a_handler_cannot_choose_a_subprotocol_without_a_format() {
    let server = server().await;
    let (status, _, _) = refusal(request(&server, "/wrong_choice", "chat.msgpack, other")).await;
    assert_eq!(status, 500);
    let lines = logs::with("endpoint", "wrong_choice");
    assert_eq!(
        lines.last().expect("a line").get("reason"),
        "the handler failed before it accepted: the handler chose the subprotocol `other`, for which the endpoint's codec has no format"
    );
}

#[tokio::test]
async fn a_hub_with_one_format_says_what_to_write_for_several() {
    logs::listen();
    let server = start(Server::new().group("json_hub").state(Hub::<Line>::new())).await;
    let (mut client, _) = connect(&server, "/json_hub", "chat.json").await;
    within(client.send(json(&line("hi")))).await.expect("sent");
    assert_eq!(hear(&mut client).await, json(&line("hi")));

    let (mut client, _) = connect(&server, "/json_hub", "chat.msgpack").await;
    within(client.send(msgpack(&line("hi")))).await.expect("sent");
    assert_eq!(close_of(&mut client).await.0, 1011);
    let MaybeTlsStream::Plain(stream) = client.get_ref() else { panic!("plain") };
    let peer = stream.local_addr().expect("an address").to_string();
    drop(client);
    let closing = logs::closing_of(&peer).await;
    let reason = closing.get("reason");
    assert!(
        reason.starts_with(
            "the hub writes its events as `json` and this socket sends `msgpack`: make the hub with"
        ),
        "{reason}"
    );
}

#[test]
fn the_document_has_the_type_of_each_subprotocol() {
    let api = Server::new().group("formats").asyncapi();
    let channel = &api.as_value()["channels"]["chat"];
    let message = &channel["messages"]["Line"];
    assert_eq!(message["contentType"], "application/json", "{channel}");
    assert_eq!(
        message["x-sockeye-formats"],
        serde_json::json!([
            { "subprotocol": "chat.json", "contentType": "application/json", "x-sockeye-format": "json" },
            { "subprotocol": "chat.msgpack", "contentType": "application/vnd.msgpack", "x-sockeye-format": "msgpack" },
            { "subprotocol": "chat.cbor", "contentType": "application/cbor", "x-sockeye-format": "cbor" },
        ])
    );
    let headers = &channel["bindings"]["ws"]["headers"];
    assert_eq!(headers["required"], serde_json::json!(["Sec-WebSocket-Protocol"]));
    assert_eq!(
        headers["properties"]["Sec-WebSocket-Protocol"]["description"],
        "At least one of these: chat.json, chat.msgpack, chat.cbor."
    );
    let lenient = &api.as_value()["channels"]["lenient"]["bindings"]["ws"]["headers"];
    assert_eq!(lenient["required"], serde_json::Value::Null);
}
