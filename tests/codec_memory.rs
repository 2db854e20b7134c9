//! What decoding reserves for lengths that a message declares and does not have. A process of its own, so that nothing else is counted.

use std::{alloc::System, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use sockeye::{Cbor, Codec, Message, MessagePack, Protobuf};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[derive(Debug, Serialize, Deserialize)]
struct Tree(Vec<Tree>);

#[derive(Debug, Serialize, Deserialize)]
struct Page {
    words: [u64; 16],
}

#[derive(Clone, PartialEq, prost::Message)]
struct Bytes {
    #[prost(bytes = "vec", tag = "1")]
    bytes: Vec<u8>,
    #[prost(fixed64, repeated, tag = "2")]
    numbers: Vec<u64>,
}

/// The bytes that were reserved while this was refused.
fn reserved<C: Codec>(bytes: &[u8]) -> usize {
    let message = Message::binary(bytes.to_vec());
    let region = Region::new(ALLOCATOR);
    assert!(C::decode(message).is_err(), "{bytes:?}");
    region.change().bytes_allocated
}

#[test]
fn little_is_reserved_for_lengths_that_are_only_declared() {
    let nested = |head: &[u8]| head.repeat(100);
    let all = [
        reserved::<MessagePack<Tree>>(b"\xdd\xff\xff\xff\xff"),
        reserved::<MessagePack<Tree>>(&nested(b"\xdd\xff\xff\xff\xff")),
        reserved::<MessagePack<Vec<Page>>>(b"\xdd\xff\xff\xff\xff"),
        reserved::<MessagePack<String>>(b"\xdb\xff\xff\xff\xff"),
        reserved::<MessagePack<Vec<u8>>>(b"\xc6\xff\xff\xff\xff"),
        reserved::<MessagePack<BTreeMap<u8, u8>>>(b"\xdf\xff\xff\xff\xff"),
        reserved::<MessagePack<u8>>(b"\xc9\xff\xff\xff\xff\x01"),
        reserved::<Cbor<Tree>>(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
        reserved::<Cbor<Tree>>(&nested(b"\x9a\xff\xff\xff\xff")),
        reserved::<Cbor<Vec<Page>>>(b"\x9a\xff\xff\xff\xff"),
        reserved::<Cbor<String>>(b"\x7b\x7f\xff\xff\xff\xff\xff\xff\xff"),
        reserved::<Cbor<Vec<u8>>>(b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff"),
        reserved::<Cbor<BTreeMap<u8, u8>>>(b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff"),
        reserved::<Protobuf<Bytes>>(b"\x0a\xff\xff\xff\xff\x0f"),
        reserved::<Protobuf<Bytes>>(b"\x12\xff\xff\xff\xff\x0f"),
    ];
    assert!(all.iter().all(|reserved| *reserved < 20_000), "{all:?}");
}
