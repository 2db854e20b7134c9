//! What the rest of the server does with the codecs.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sockeye::{
    Cbor, CloseCode, Codec, Handshake, Hub, Message, MessagePack, Server, testing::TestClient, ws_endpoint,
};
use tokio::time::Instant;

type Tested = sockeye::Result;

/// How often one was written.
static WRITTEN: AtomicUsize = AtomicUsize::new(0);

/// An event that counts how often it is written.
#[derive(Debug)]
pub(crate) struct Counted(u32);

impl Serialize for Counted {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WRITTEN.fetch_add(1, Ordering::Relaxed);
        self.0.serialize(serializer)
    }
}

/// Pushes events.
#[ws_endpoint("/events")]
async fn events(
    handshake: Handshake<MessagePack<(), Counted>>,
    State(hub): State<Hub<Counted>>,
) -> sockeye::Result {
    let events = hub.topic("events").subscribe();
    handshake.accept().await?.forward(events).await
}

/// Sends events of a hub that writes another format.
#[ws_endpoint("/mixed")]
async fn mixed(handshake: Handshake<Cbor<(), Counted>>, State(hub): State<Hub<Counted>>) -> sockeye::Result {
    let events = hub.topic("events").subscribe();
    handshake.accept().await?.forward(events).await
}

/// Says nothing.
#[ws_endpoint("/silent/msgpack", heartbeat_message = "20s")]
async fn silent_msgpack(handshake: Handshake<MessagePack<(), ()>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Says nothing.
#[ws_endpoint("/silent/cbor", heartbeat_message = "20s")]
async fn silent_cbor(handshake: Handshake<Cbor<(), ()>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn hub() -> Hub<Counted> {
    Hub::encoded_by::<MessagePack<(), Counted>>().build()
}

#[tokio::test]
async fn a_hub_writes_an_event_once() -> Tested {
    let hub = hub();
    let client = TestClient::new(Server::new().state(hub.clone())).await?;
    let mut sockets = [client.connect("/events").await?, client.connect("/events").await?];
    let mut mixed = client.connect("/mixed").await?;
    hub.topic("events").publish(&Counted(7))?;
    for socket in &mut sockets {
        assert_eq!(socket.recv_binary().await?, [7_u8][..]);
    }
    assert_eq!(WRITTEN.load(Ordering::Relaxed), 1);
    assert_eq!(mixed.closed().await?.code, CloseCode::INTERNAL_ERROR, "its codec is another");
    Ok(())
}

#[derive(Debug, PartialEq, Deserialize)]
struct Heartbeat {
    sockeye: String,
    every: u64,
}

#[tokio::test(start_paused = true)]
async fn heartbeat_messages_have_the_format_of_the_codec() -> Tested {
    let client = TestClient::new(Server::new().state(hub())).await?.patience(Duration::from_mins(10));
    let mut msgpack = client.connect("/silent/msgpack").await?;
    let mut cbor = client.connect("/silent/cbor").await?;
    let begun = Instant::now();
    for _ in 0..2 {
        let (msgpack, cbor) = (msgpack.recv().await?, cbor.recv().await?);
        let expected = || Heartbeat { sockeye: "heartbeat".to_owned(), every: 20_000 };
        assert_eq!(MessagePack::<Heartbeat, ()>::decode(msgpack)?, expected());
        assert_eq!(Cbor::<Heartbeat, ()>::decode(cbor)?, expected());
    }
    assert_eq!(begun.elapsed(), Duration::from_secs(20));
    Ok(())
}

#[tokio::test]
async fn a_test_client_speaks_a_codec_through_its_functions() -> Tested {
    use crate::endpoints::Tree;
    type Trees = MessagePack<Tree>;
    let client = TestClient::new(Server::new().state(hub())).await?;
    let mut socket = client.connect("/msgpack").await?;
    socket.send(Trees::encode(&Tree::Number(7))?).await?;
    assert_eq!(Trees::decode(socket.recv().await?)?, Tree::Number(7));
    Ok(())
}

#[test]
fn the_document_has_the_type_of_the_content() {
    let api = Server::new().state(hub()).asyncapi();
    let messages = |channel: &str| api.as_value()["channels"][channel]["messages"].clone();
    for (channel, message, format, content_type) in [
        ("msgpack", "Tree", "msgpack", "application/vnd.msgpack"),
        ("cbor", "Tree", "cbor", "application/cbor"),
        ("protobuf", "Twig", "protobuf", "application/protobuf"),
    ] {
        let message = &messages(channel)[message];
        assert_eq!(message["contentType"], content_type, "{message}");
        assert_eq!(message["x-sockeye-format"], format);
    }
    let heartbeat = messages("silent_cbor")["Heartbeat"].clone();
    assert_eq!(heartbeat["contentType"], "application/cbor", "{heartbeat}");
}

#[test]
fn values_are_read_from_maps_of_a_script() {
    // What `@msgpack/msgpack` writes for `{ n: 7 }`.
    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    struct Small {
        n: u8,
    }
    let decoded = MessagePack::<Small>::decode(Message::binary(&b"\x81\xa1n\x07"[..]));
    assert_eq!(decoded.unwrap(), Small { n: 7 });
    assert_eq!(
        MessagePack::<Small>::encode(&Small { n: 7 }).unwrap(),
        Message::binary(&b"\x81\xa1n\x07"[..])
    );
}
