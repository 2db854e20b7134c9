//! The same bytes, read by `tokio-websockets`: the same messages, pings, and close codes.

use futures_util::{FutureExt as _, StreamExt as _};
use tokio_websockets as other;

use super::{streams::Dice, *};
use crate::Message;

/// An event without the types of either side.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
    /// The code of the close frame for it.
    Fault(u16),
}

fn ours(limit: usize, stream: &[u8]) -> Vec<Seen> {
    let Decoded { events, fault } = decoded(limit, stream);
    let fault = fault.map(|fault| match fault {
        Fault::TooLong(_) => 1009,
        Fault::Text | Fault::CloseReason => 1007,
        _ => 1002,
    });
    let mut seen: Vec<Seen> = events.into_iter().map(seen).collect();
    // Nothing is read after a close frame.
    if let Some(at) = seen.iter().position(|seen| matches!(seen, Seen::Close(_))) {
        seen.truncate(at + 1);
    } else {
        seen.extend(fault.map(Seen::Fault));
    }
    seen
}

fn seen(event: Event) -> Seen {
    match event {
        Event::Message(Message::Text(text)) => Seen::Text(text.as_bytes().to_vec()),
        Event::Message(Message::Binary(bytes)) => Seen::Binary(bytes.to_vec()),
        Event::Ping(payload) => Seen::Ping(payload.to_vec()),
        Event::Pong(payload) => Seen::Pong(payload.to_vec()),
        Event::Close(frame) => Seen::Close(frame.map(|frame| (frame.code.into(), frame.reason.to_string()))),
    }
}

fn theirs(limit: usize, stream: &[u8]) -> Vec<Seen> {
    let limits = other::Limits::default().max_payload_len(Some(limit));
    let io = tokio::io::join(stream, tokio::io::sink());
    let mut socket = other::ServerBuilder::new().limits(limits).serve(io);
    let mut all = Vec::new();
    loop {
        let next = socket.next().now_or_never().expect("nothing waits");
        match next {
            Some(Ok(message)) => all.push(theirs_seen(&message)),
            Some(Err(other::Error::Io(_))) | None => return all,
            Some(Err(other::Error::PayloadTooLong { .. })) => all.push(Seen::Fault(1009)),
            Some(Err(other::Error::Protocol(other::proto::ProtocolError::InvalidUtf8))) => {
                all.push(Seen::Fault(1007));
            }
            Some(Err(_)) => all.push(Seen::Fault(1002)),
        }
        if let Some(Seen::Close(_) | Seen::Fault(_)) = all.last() {
            return all;
        }
    }
}

fn theirs_seen(message: &other::Message) -> Seen {
    let payload = message.as_payload().to_vec();
    match message.as_close() {
        Some((other::CloseCode::NO_STATUS_RECEIVED, _)) => Seen::Close(None),
        Some((code, reason)) => Seen::Close(Some((code.into(), reason.to_owned()))),
        None if message.is_ping() => Seen::Ping(payload),
        None if message.is_pong() => Seen::Pong(payload),
        // It lets a text whose last fragment is empty end inside of a character.
        None if message.is_text() && str::from_utf8(&payload).is_err() => Seen::Fault(1007),
        None if message.is_text() => Seen::Text(payload),
        None => Seen::Binary(payload),
    }
}

#[test]
fn another_implementation_reads_the_same() {
    let mut faults = 0;
    for seed in 0..20_000 {
        let stream = Dice::new(seed).stream();
        let seen = ours(LIMIT, &stream);
        assert_eq!(seen, theirs(LIMIT, &stream), "{seed}: {stream:x?}");
        faults += usize::from(matches!(seen.last(), Some(Seen::Fault(_))));
    }
    assert!((2000..18_000).contains(&faults), "streams of both kinds: {faults}");
}

#[test]
fn the_limit_for_one_frame_is_the_same() {
    for length in [99, 100, 101, 70_000] {
        let stream = [frame(0x82, &vec![0; length]), frame(0x88, b"")].concat();
        assert_eq!(ours(100, &stream), theirs(100, &stream), "{length}");
    }
}
