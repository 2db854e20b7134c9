//! What comes after the handshake: frames of every kind, and messages that are nearly right.

use std::sync::{LazyLock, Mutex, PoisonError};

use axum::Router;
use proptest::{prelude::*, sample::select};
use serde_json::Value;
use sockeye::Server;
use sockeye_tests::{
    frames::{judge, masked},
    in_process, logs,
};
use tokio::runtime::Runtime;

/// One conversation at a time: the clock stands still only for who drives the runtime.
static SERVER: LazyLock<Mutex<(Runtime, Router)>> = LazyLock::new(|| {
    // Without a subscriber thousands of closes would be written to stderr.
    logs::listen();
    let runtime = in_process::runtime();
    let router = runtime.block_on(in_process::router(Server::new()));
    Mutex::new((runtime, router))
});

fn answer(path: &str, bytes: &[u8]) -> Vec<u8> {
    let server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    let (runtime, router) = &*server;
    runtime.block_on(in_process::converse(router, path, bytes))
}

/// A frame that is nearly always legal in itself; whether it is in its place is another thing.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        8 => select(&[0x01_u8, 0x02, 0x00, 0x80, 0x81, 0x82, 0x89, 0x8a][..]),
        1 => Just(0x88_u8),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..20),
        2 => "\\PC{0,20}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 100..300),
        1 => select(&[1000_u16, 1001, 1005, 1006, 999, 4000, 0][..]).prop_map(|code| code.to_be_bytes().to_vec()),
    ];
    (first, payload, 0..20_usize, any::<u8>()).prop_map(|(first, payload, flaw, byte)| {
        let mut frame = masked(first, &payload);
        match flaw {
            // A length that is not the payload's, and a frame that is not masked.
            0 => frame[1] = byte,
            1 => frame[1] &= 0x7f,
            _ => {}
        }
        frame
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_frames_get_legal_frames_and_an_end(frames in prop::collection::vec(frame(), 0..20), cut in 0..400_usize) {
        let mut bytes = frames.concat();
        bytes.truncate(bytes.len().saturating_sub(cut.saturating_sub(300)));
        let answer = answer("/echo", &bytes);
        prop_assert!(judge(&answer).is_ok(), "{:?}: {answer:?}", judge(&answer));
    }

    #[test]
    fn any_bytes_get_legal_frames_and_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let answer = answer("/echo", &bytes);
        prop_assert!(judge(&answer).is_ok(), "{:?}: {answer:?}", judge(&answer));
    }

    #[test]
    fn any_message_is_echoed_or_refused_as_invalid(text in json()) {
        let bytes = [masked(0x81, text.as_bytes()), masked(0x88, &[0x03, 0xe8])].concat();
        let end = judge(&answer("/json", &bytes));
        let valid = serde_json::from_str::<super::Command>(&text).is_ok();
        prop_assert_eq!(end, Ok(Some(if valid { 1000 } else { 1007 })));
    }
}

/// JSON that looks like a command, JSON that does not, and what is none.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,10}".prop_map(Value::from),
        select(&["say", "move", "stop", "kind"][..]).prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(6, 40, 6, |inner| {
        let key = prop_oneof![4 => select(&["kind", "text", "to", "x", "y"][..]).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    });
    let good = select(
        &[
            r#"{"kind":"stop"}"#,
            r#"{"kind":"say","text":"hello","to":1}"#,
            r#"{"kind":"say","text":"\u0000\n"}"#,
            r#"{"kind":"move","x":-128,"y":1e300}"#,
        ][..],
    );
    prop_oneof![
        4 => value.prop_map(|value| value.to_string()),
        2 => good.prop_map(str::to_owned),
        1 => "\\PC{0,40}",
        // Deep enough to end a parser that recurses without counting.
        1 => (1..20_000_usize).prop_map(|deep| "[".repeat(deep)),
        1 => (1..9_000_usize).prop_map(|deep| r#"{"a":"#.repeat(deep)),
    ]
}
