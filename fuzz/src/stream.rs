use sockeye_tests::{
    frames::{judge, masked},
    in_process::converse,
    second_opinion,
};

use crate::with_server;

/// Any bytes after a good handshake: the answer is legal, it ends, and another implementation reads the same messages and the same end.
pub fn frames(data: &[u8]) {
    let answer = with_server(async |router| converse(router, "/echo", data).await);
    let judged = judge(&answer).and_then(|_| second_opinion::compare(data, 4 * 1024, &answer));
    if let Err(fault) = judged {
        panic!("{fault}: {answer:x?}");
    }
}

/// Any text as a message of JSON: it is echoed, or closed with 1007.
pub fn json(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let bytes = [masked(0x81, data), masked(0x88, &[0x03, 0xe8])].concat();
    let answer = with_server(async |router| converse(router, "/json", &bytes).await);
    let code = match serde_json::from_str::<crate::Command>(text) {
        _ if data.len() > 64 * 1024 => 1009,
        Ok(_) => 1000,
        Err(_) => 1007,
    };
    assert_eq!(judge(&answer), Ok(Some(code)), "{text}");
}
