//! What is sent comes back as it was, written by the libraries of the formats.

use futures_util::SinkExt as _;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use prost::Message as _;
use sockeye_tests::{hear, within};
use tokio_tungstenite::tungstenite::Message as Theirs;

use crate::endpoints::{Tree, Twig, server, tree, twig};

/// Sends batches of messages on one connection, and compares what comes back.
fn trip<T: std::fmt::Debug + Clone + PartialEq>(
    path: &str,
    values: impl Strategy<Value = T>,
    write: impl Fn(&T) -> Vec<u8>,
    read: impl Fn(&[u8]) -> T,
) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (server, client) = runtime.block_on(async {
        let server = server().await;
        let client = server.connect(path).await;
        (server, tokio::sync::Mutex::new(client))
    });
    let batches = prop::collection::vec(values, 1..20);
    let outcome = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(100) }).run(
        &batches,
        |batch| {
            runtime.block_on(async {
                let mut client = client.lock().await;
                for value in &batch {
                    within(client.send(Theirs::binary(write(value)))).await.expect("sent");
                }
                for value in &batch {
                    let answer = hear(&mut client).await;
                    prop_assert!(answer.is_binary());
                    prop_assert_eq!(&read(&answer.into_data()), value);
                }
                Ok(())
            })
        },
    );
    drop(server);
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

fn read_msgpack(bytes: &[u8]) -> Tree {
    rmp_serde::from_slice(bytes).expect("MessagePack")
}

#[test]
fn msgpack_with_the_names_of_fields_and_without_comes_back() {
    trip("/msgpack", tree(), |tree| rmp_serde::to_vec_named(tree).unwrap(), read_msgpack);
    trip("/msgpack", tree(), |tree| rmp_serde::to_vec(tree).unwrap(), read_msgpack);
}

#[test]
fn cbor_comes_back() {
    let write = |tree: &Tree| {
        let mut bytes = Vec::new();
        ciborium::into_writer(tree, &mut bytes).unwrap();
        bytes
    };
    trip("/cbor", tree(), write, |bytes| ciborium::from_reader(bytes).expect("CBOR"));
}

#[test]
fn protobuf_comes_back() {
    trip("/protobuf", twig(), Twig::encode_to_vec, |bytes| Twig::decode(bytes).expect("Protocol Buffers"));
}
