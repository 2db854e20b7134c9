//! Messages that are made to hurt: the connection ends, and nothing else does.

use futures_util::SinkExt as _;
use proptest::prelude::*;
use prost::Message as _;
use sockeye::{Cbor, Codec, Message, MessagePack, Protobuf};
use sockeye_tests::{hear, within};
use tokio_tungstenite::tungstenite::Message as Theirs;

use crate::{
    endpoints::{Tree, Twig, server, tree},
    refused::refusal,
};

#[tokio::test(flavor = "multi_thread")]
async fn deep_nesting_is_refused() {
    let server = server().await;
    let deep = "nested more than 128 deep";
    let many = |bytes: &[u8]| bytes.repeat(60_000 / bytes.len());
    for (path, bytes, why) in [
        ("/msgpack", many(b"\x91"), deep),
        ("/msgpack", many(b"\x81\xa4Node"), deep),
        ("/msgpack", many(b"\x81\xa4Node\x91"), deep),
        ("/cbor", many(b"\x81"), deep),
        ("/cbor", many(b"\x9f"), deep),
        ("/cbor", many(b"\xa1\x64Node\x81"), deep),
        ("/cbor", many(b"\xbf\x64Node"), deep),
        ("/cbor", many(b"\xc1"), "ends in the middle"),
        ("/protobuf", many(b"\x0b"), "Protobuf"),
        ("/protobuf", many(b"\x33"), "recursion limit reached"),
        ("/protobuf", twigs(200).encode_to_vec(), "Twig.twigs: Twig.twigs"),
    ] {
        let (code, reason) = refusal(&server, path, Theirs::binary(bytes)).await;
        assert_eq!(code, 1007);
        assert!(reason.contains(why), "{path}: {reason}");
    }
}

/// Nested this deep.
fn twigs(depth: usize) -> Twig {
    (0..depth).fold(Twig::default(), |inner, _| Twig { twigs: vec![inner], ..Twig::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nested_nearly_as_deep_is_read() {
    let server = server().await;
    // A map for the variant and an array.
    let tree = (0..60).fold(Tree::Nothing, |inner, _| Tree::Node(vec![inner]));
    let mut cbor = Vec::new();
    ciborium::into_writer(&tree, &mut cbor).unwrap();
    for (path, bytes) in [
        ("/msgpack", rmp_serde::to_vec_named(&tree).unwrap()),
        ("/cbor", cbor),
        ("/protobuf", twigs(90).encode_to_vec()),
    ] {
        let mut client = server.connect(path).await;
        within(client.send(Theirs::binary(bytes.clone()))).await.expect("sent");
        assert_eq!(hear(&mut client).await, Theirs::binary(bytes));
    }
}

/// That a codec decodes or refuses without a panic, and reads what it has written.
fn survives<C: Codec<Out = <C as Codec>::In, In: PartialEq + std::fmt::Debug>>(bytes: &[u8]) {
    if let Ok(value) = C::decode(Message::binary(bytes.to_vec())) {
        let again = C::decode(C::encode(&value).expect("encodes")).expect("decodes");
        // A number that is none is not equal to itself.
        let (value, again) = (format!("{value:?}"), format!("{again:?}"));
        assert_eq!(again, value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        survives::<MessagePack<Tree>>(&bytes);
        survives::<Cbor<Tree>>(&bytes);
        survives::<Protobuf<Twig>>(&bytes);
    }

    #[test]
    fn damaged_messages_are_decoded_or_refused(tree in tree(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let encoded = [MessagePack::<Tree>::encode(&tree).unwrap(), Cbor::<Tree>::encode(&tree).unwrap()];
        let [msgpack, cbor] = encoded.map(|message| {
            let mut bytes = message.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        });
        survives::<MessagePack<Tree>>(&msgpack);
        survives::<Cbor<Tree>>(&cbor);
    }
}

/// Values that a type without a place for them ignores.
#[test]
fn everything_that_a_format_has_is_skipped() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Small {
        n: u8,
    }
    let small = |mut field: Vec<u8>, n: &[u8]| {
        field.extend_from_slice(n);
        Message::binary(field)
    };
    for ext in
        [&b"\xd4\x05x"[..], b"\xc7\x03\x05xyz", b"\xc4\x02\xff\xfe", b"\xa2\xff\xfe", b"\xca\x00\x00\x00\x00"]
    {
        let message = small([b"\x82\xa1x", ext].concat(), b"\xa1n\x07");
        assert_eq!(MessagePack::<Small>::decode(message).unwrap(), Small { n: 7 }, "{ext:?}");
    }
    for item in [&b"\x5f\x41x\x41y\xff"[..], b"\x7f\x61x\x61y\xff", b"\xf9\x3c\x00", b"\x9f\x01\xbf\xff\xff"]
    {
        let message = small([b"\xa2\x61x", item].concat(), b"\x61n\x07");
        assert_eq!(Cbor::<Small>::decode(message).unwrap(), Small { n: 7 }, "{item:?}");
    }
    let large = [&b"\xc2\x58\x20"[..], &[255; 32]].concat();
    let deep = [&b"\xc1".repeat(100)[..], b"\x07"].concat();
    for tagged in [
        &b"\xc0\x61x"[..],
        b"\xc1\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00",
        b"\xc2\x43\x01\x02\x03",
        b"\xc3\x5f\x41\x01\x41\x02\xff",
        b"\xd9\xd9\xf7\xc0\x61x",
        b"\x82\xc1\x07\xc2\x41\x01",
        b"\xa1\xc1\x07\xc0\x61x",
        b"\xdb\xff\xff\xff\xff\xff\xff\xff\xff\xf6",
        &large,
        &deep,
    ] {
        let message = small([b"\xa2\x61x", tagged].concat(), b"\x61n\x07");
        assert_eq!(Cbor::<Small>::decode(message).unwrap(), Small { n: 7 }, "{tagged:?}");
    }
    // Tags before a value do not matter.
    assert_eq!(
        Cbor::<Small>::decode(Message::binary(&b"\xd9\xd9\xf7\xa1\x61n\xc1\x07"[..])).unwrap(),
        Small { n: 7 }
    );
}
