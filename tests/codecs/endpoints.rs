//! An endpoint for each codec, and what they carry.

use std::collections::BTreeMap;

use proptest::{collection::btree_map, prelude::*};
use serde::{Deserialize, Serialize};
use sockeye::{Cbor, Handshake, MessagePack, Protobuf, Server, ws_endpoint};
use sockeye_tests::{Running, logs, start};

/// Every shape that serde has names for, and one in the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Tree {
    Nothing,
    Number(i64),
    Pair(u64, f64),
    Node(Vec<Tree>),
    Named { name: String, child: Option<Box<Tree>>, by_name: BTreeMap<String, bool> },
}

/// The same in Protocol Buffers.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Twig {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) twigs: Vec<Twig>,
    #[prost(sint64, repeated, tag = "3")]
    pub(crate) numbers: Vec<i64>,
    #[prost(btree_map = "string, double", tag = "4")]
    pub(crate) by_name: BTreeMap<String, f64>,
    #[prost(bytes = "bytes", optional, tag = "5")]
    pub(crate) bytes: Option<bytes::Bytes>,
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

echo!(msgpack, "/msgpack", MessagePack<Tree>);
echo!(cbor, "/cbor", Cbor<Tree>);
echo!(protobuf, "/protobuf", Protobuf<Twig>);

pub(crate) async fn server() -> Running {
    logs::listen();
    start(Server::new().state(sockeye::Hub::encoded_by::<MessagePack<(), super::server::Counted>>().build()))
        .await
}

pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Nothing),
        any::<i64>().prop_map(Tree::Number),
        (any::<u64>(), prop::num::f64::NORMAL).prop_map(|(a, b)| Tree::Pair(a, b)),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let named = (".*", prop::option::of(inner.clone()), btree_map("\\PC{0,9}", any::<bool>(), 0..4))
            .prop_map(|(name, child, by_name)| Tree::Named { name, child: child.map(Box::new), by_name });
        prop_oneof![prop::collection::vec(inner, 0..20).prop_map(Tree::Node), named]
    })
}

pub(crate) fn twig() -> impl Strategy<Value = Twig> {
    let numbers = prop::collection::vec(any::<i64>(), 0..10);
    let by_name = btree_map("\\PC{0,9}", prop::num::f64::NORMAL, 0..4);
    let bytes = prop::option::of(prop::collection::vec(any::<u8>(), 0..300).prop_map(bytes::Bytes::from));
    let flat = (".*", numbers, by_name, bytes).prop_map(|(name, numbers, by_name, bytes)| Twig {
        name,
        numbers,
        by_name,
        bytes,
        ..Twig::default()
    });
    flat.prop_recursive(5, 40, 5, |inner| {
        prop::collection::vec(inner, 0..9).prop_map(|twigs| Twig { twigs, ..Twig::default() })
    })
}
