//! What a codec refuses, in the words that the client and the log get.

use futures_util::SinkExt as _;
use sockeye_tests::{Running, close_of, logs, within};
use tokio_tungstenite::{MaybeTlsStream, tungstenite::Message as Theirs};

use crate::endpoints::server;

/// The close code and the reason in the log after this message.
pub(crate) async fn refusal(server: &Running, path: &str, message: Theirs) -> (u16, String) {
    let mut client = server.connect(path).await;
    let MaybeTlsStream::Plain(stream) = client.get_ref() else { panic!("plain") };
    let peer = stream.local_addr().expect("an address").to_string();
    within(client.send(message)).await.expect("sent");
    let (code, reason) = close_of(&mut client).await;
    drop(client);
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.get("rule"), line.get("endpoint")), ("invalid_message", &path[1..]), "{line:?}");
    assert!(line.get("reason").starts_with(reason.trim_end_matches('…')), "{reason}: {line:?}");
    (code, line.get("reason").to_owned())
}

#[tokio::test]
async fn text_is_explained() {
    let server = server().await;
    for (path, format) in [("/msgpack", "MessagePack"), ("/cbor", "CBOR"), ("/protobuf", "Protocol Buffers")]
    {
        let (code, reason) = refusal(&server, path, Theirs::text("{}")).await;
        assert_eq!(code, 1003);
        assert_eq!(
            reason,
            format!(
                "a text message, where messages are {format}, which is binary: a script sends it as a `Uint8Array`"
            )
        );
    }
}

#[tokio::test]
async fn what_is_not_of_the_format_has_its_place() {
    let server = server().await;
    for (path, bytes, why) in [
        ("/msgpack", &b""[..], "it ends in the middle of a value, after 0 bytes"),
        ("/msgpack", b"\x93\x01\x02", "it ends in the middle of a value, after 3 bytes"),
        ("/msgpack", b"\xa7Nothing\xc0", "another value follows the first at byte 8"),
        ("/msgpack", b"\x92\x01\xc1", "wrong msgpack marker Reserved before byte 3"),
        ("/cbor", b"", "it ends in the middle of an item, after 0 bytes"),
        ("/cbor", b"\x83\x01\x02", "it ends in the middle of an item, after 3 bytes"),
        ("/cbor", b"\x9f\x01", "it ends in the middle of an item, after 2 bytes"),
        ("/cbor", b"\x67Nothing\xf6", "another item follows the first at byte 8"),
        ("/cbor", b"\x82\x01\x1c", "invalid syntax at byte 2"),
        ("/cbor", b"\x82\x01\xff", "a break outside of an array or map before byte 3"),
        ("/cbor", b"\x62\xff\xff", "invalid syntax at byte 0"),
    ] {
        let format = if path == "/cbor" { "CBOR" } else { "MessagePack" };
        let (code, reason) = refusal(&server, path, Theirs::binary(bytes.to_vec())).await;
        assert_eq!((code, reason), (1007, format!("the message is not valid {format}: {why}")), "{bytes:?}");
    }
}

#[tokio::test]
async fn what_does_not_fit_the_type_has_its_field() {
    #[derive(serde::Serialize)]
    enum Wrong {
        Node(Vec<Inner>),
    }
    #[derive(serde::Serialize)]
    enum Inner {
        Named { name: &'static str, child: Option<()>, by_name: std::collections::BTreeMap<String, u8> },
    }
    let by_name = [("seven".to_owned(), 7)].into();
    let wrong = Wrong::Node(vec![Inner::Named { name: "x", child: None, by_name }]);
    let mut cbor = Vec::new();
    ciborium::into_writer(&wrong, &mut cbor).unwrap();
    let server = server().await;
    for (path, bytes, why) in [
        (
            "/msgpack",
            rmp_serde::to_vec_named(&wrong).unwrap(),
            "field `Node[0].Named.by_name.seven`: invalid type: integer `7`, expected a boolean",
        ),
        ("/msgpack", b"\x01".to_vec(), "field `1`: invalid type: unit variant, expected newtype variant"),
        ("/cbor", cbor, "field `Node[0].Named.by_name.seven`: expected bool at byte 44"),
        ("/cbor", b"\x01".to_vec(), "invalid type: integer `1`, expected enum"),
        (
            "/protobuf",
            b"\x12\x03\x0a\x01\xff".to_vec(),
            "failed to decode Protobuf message: Twig.name: Twig.twigs: invalid string value: data is not UTF-8 encoded",
        ),
        ("/protobuf", b"\x0a".to_vec(), "failed to decode Protobuf message: Twig.name: invalid varint"),
    ] {
        let (code, reason) = refusal(&server, path, Theirs::binary(bytes)).await;
        assert_eq!((code, reason.as_str()), (1007, why));
    }
}
