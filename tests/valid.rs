//! Messages that decode and break a constraint.

use std::collections::BTreeMap;

use futures_util::SinkExt as _;
use garde::Validate;
use prost::Message as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockeye::{Cbor, Codec, Handshake, Json, Message, MessagePack, Protobuf, Server, Valid, ws_endpoint};
use sockeye_tests::{Running, close_of, hear, logs, start, within};
use tokio_tungstenite::{MaybeTlsStream, tungstenite::Message as Theirs};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
struct Order {
    #[garde(length(min = 3, max = 12), ascii)]
    symbol: String,
    #[garde(dive)]
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
struct Line {
    #[garde(range(min = 1, max = 1000))]
    amount: u32,
    #[garde(length(min = 8))]
    #[serde(default = "good")]
    password: String,
}

fn good() -> String {
    "long enough".to_owned()
}

#[derive(Clone, PartialEq, prost::Message, Validate, JsonSchema)]
struct Lot {
    #[prost(uint32, tag = "1")]
    #[garde(range(max = 10))]
    amount: u32,
    #[prost(string, tag = "2")]
    #[garde(skip)]
    name: String,
}

/// Its errors have what the client has sent.
#[derive(Debug, Serialize, Deserialize, Validate, JsonSchema)]
struct Talkative {
    #[garde(custom(|value: &String, (): &()| -> garde::Result { Err(garde::Error::new(format!("`{value}` is not allowed"))) }))]
    text: String,
    #[garde(skip)]
    color: Option<Color>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum Color {
    Red,
}

/// Not checked itself, with a field that is.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Envelope {
    orders: BTreeMap<String, Valid<Order>>,
}

macro_rules! echo {
    ($name:ident, $path:literal, $codec:ty) => {
        /// Echoes.
        #[ws_endpoint($path)]
        async fn $name(handshake: Handshake<$codec>) -> sockeye::Result {
            let mut socket = handshake.accept().await?;
            while let Some(message) = socket.recv().await? {
                socket.send(message).await?;
            }
            Ok(())
        }
    };
}

echo!(json, "/json", Json<Valid<Order>>);
echo!(msgpack, "/msgpack", MessagePack<Valid<Order>>);
echo!(cbor, "/cbor", Cbor<Valid<Order>>);
echo!(protobuf, "/protobuf", Protobuf<Valid<Lot>>);
echo!(talkative, "/talkative", Json<Valid<Talkative>>);

fn order(symbol: &str, amount: u32, password: &str) -> Order {
    let line = |amount| Line { amount, password: password.to_owned() };
    Order { symbol: symbol.to_owned(), lines: vec![line(1), line(amount)] }
}

/// As the client of each endpoint writes it.
fn written(order: &Order) -> [(&'static str, Theirs); 3] {
    let bytes = |message: sockeye::Result<Message>| Theirs::binary(message.unwrap().into_bytes());
    [
        ("/json", Theirs::text(serde_json::to_string(order).unwrap())),
        ("/msgpack", bytes(MessagePack::<Order>::encode(order))),
        ("/cbor", bytes(Cbor::<Order>::encode(order))),
    ]
}

#[tokio::test]
async fn what_is_valid_comes_back() {
    let server = start(Server::new()).await;
    for (path, message) in written(&order("ACME", 7, "correct horse")) {
        let mut client = server.connect(path).await;
        within(client.send(message.clone())).await.unwrap();
        assert_eq!(hear(&mut client).await, message, "{path}");
    }
}

#[tokio::test]
async fn a_broken_constraint_is_an_invalid_message_with_its_field_and_without_its_value() {
    logs::listen();
    let server = start(Server::new()).await;
    for (path, message) in written(&order("ACME", 4242, "hunter2")) {
        let (reason, line) = refusal(&server, path, message).await;
        assert!(reason.starts_with("field `lines[0].password`: length is lower than 8"), "{path}: {reason}");
        let logged = line.get("reason");
        for broken in [
            "field `lines[0].password`: length is lower than 8",
            "field `lines[1].password`: length is lower than 8",
            "field `lines[1].amount`: greater than 1000",
        ] {
            assert!(logged.contains(broken), "{path}: {logged}");
        }
        let everything = format!("{:?}", logs::with("peer", line.get("peer")));
        assert!(!everything.contains("hunter2") && !everything.contains("4242"), "{everything}");
    }
}

/// The close reason after this message, and the closing event.
async fn refusal(server: &Running, path: &str, message: Theirs) -> (String, logs::Line) {
    let mut client = server.connect(path).await;
    let MaybeTlsStream::Plain(stream) = client.get_ref() else { panic!("plain") };
    let peer = stream.local_addr().unwrap().to_string();
    within(client.send(message)).await.unwrap();
    let (code, reason) = close_of(&mut client).await;
    drop(client);
    let line = logs::closing_of(&peer).await;
    assert_eq!((code, line.get("rule")), (1007, "invalid_message"), "{path}: {line:?}");
    (reason, line)
}

#[tokio::test]
async fn a_message_of_protocol_buffers_is_checked_as_a_whole() {
    logs::listen();
    let server = start(Server::new()).await;
    let lot = |amount| Theirs::binary(Lot { amount, name: "seven".to_owned() }.encode_to_vec());
    let mut client = server.connect("/protobuf").await;
    within(client.send(lot(7))).await.unwrap();
    assert_eq!(hear(&mut client).await, lot(7));

    let (reason, line) = refusal(&server, "/protobuf", lot(11)).await;
    assert_eq!(reason, "field `amount`: greater than 10");
    assert_eq!(line.get("reason"), reason);
}

#[tokio::test]
async fn what_an_error_repeats_of_the_message_is_cut_and_on_one_line() {
    logs::listen();
    let server = start(Server::new()).await;
    let evil = format!("\u{1b}[31m\r\nERROR forged\u{202e}{}", "x".repeat(20_000));
    for message in [
        // Of a constraint, of serde's type, of serde's key.
        serde_json::json!({ "text": evil }),
        serde_json::json!({ "text": "", "color": evil }),
        serde_json::json!({ "text": "", "color": { &evil: null } }),
    ] {
        let (reason, line) = refusal(&server, "/talkative", Theirs::text(message.to_string())).await;
        assert!(reason.len() <= 123, "{reason}");
        let logged = line.get("reason");
        assert!(logged.contains("ERROR forged") && logged.len() < 1300, "{logged}");
        assert!(!logged.contains(['\u{1b}', '\r', '\n', '\u{202e}']), "{logged:?}");
    }
}

#[test]
fn a_field_is_checked_within_a_type_that_is_not() {
    let envelope = |symbol: &str| {
        serde_json::json!({ "orders": { "first": { "symbol": symbol, "lines": [] } } }).to_string()
    };
    let read = |text: String| Json::<Envelope>::decode(Message::text(text));
    assert_eq!(read(envelope("ACME")).unwrap().orders["first"].symbol, "ACME");
    let why = read(envelope("x")).unwrap_err().to_string();
    assert!(why.starts_with("field `symbol`: length is lower than 3 at line 1"), "{why}");

    let binary = |symbol: &str| {
        let value: serde_json::Value = serde_json::from_str(&envelope(symbol)).unwrap();
        MessagePack::<Envelope>::decode(MessagePack::<serde_json::Value>::encode(&value).unwrap())
    };
    assert!(binary("ACME").is_ok());
    let why = binary("x").unwrap_err().to_string();
    assert_eq!(why, "field `orders.first`: field `symbol`: length is lower than 3");
}

#[test]
fn the_document_has_the_schema_of_the_value() {
    let api = Server::new().asyncapi();
    assert_eq!(api.without_schema(), [""; 0]);
    let document = api.as_value();
    assert_eq!(document["components"]["schemas"]["Order"]["properties"]["symbol"]["type"], "string");
    assert!(document["channels"]["json"]["messages"]["Order"].is_object(), "{document:#}");
}
