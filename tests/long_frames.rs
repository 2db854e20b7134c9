//! Frames that are longer than what is read at once, however they are split.

use sockeye::{Handshake, Heartbeat, Server, ws_endpoint};
use sockeye_tests::{
    Running,
    frames::masked,
    raw::{RawSocket, close},
    start,
};

const KIB: usize = 1024;

/// Echoes what is long.
#[ws_endpoint("/long", max_message_size = "1 MiB")]
async fn long(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A text of that many bytes, whose characters end anywhere.
fn text(length: usize) -> Vec<u8> {
    let text: String = (0..).map(|n| ['a', 'ä', '€', '🦀'][n % 7 % 4]).take(length).collect();
    let end = (0..=length).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.as_bytes()[..end].to_vec()
}

async fn echo_of(socket: &mut RawSocket) -> (u8, Vec<u8>) {
    let (first, mut message) = socket.frame().await.expect("an echo");
    let mut is_last = first & 0x80 != 0;
    while !is_last {
        let (next, more) = socket.frame().await.expect("the rest of an echo");
        message.extend(more);
        is_last = next & 0x80 != 0;
    }
    (first & 0x0f, message)
}

async fn open() -> (Running, RawSocket) {
    // Without pings among the echoes.
    let server = start(Server::new().heartbeat(Heartbeat::off())).await;
    let socket = RawSocket::open(server.addr, "/long").await;
    (server, socket)
}

#[tokio::test]
async fn frames_of_every_length_arrive_whole() {
    let (_server, mut socket) = open().await;
    for length in
        [0, 1, 125, 126, 65_535, 65_536, 65_537, 65_540, 131_072, 131_073, 131_198, 200_001, 1024 * KIB]
    {
        let text = text(length);
        socket.send(&masked(0x81, &text)).await;
        let (opcode, echo) = echo_of(&mut socket).await;
        assert!((opcode, &echo) == (1, &text), "a text of {} bytes comes back as it was", text.len());
    }
}

#[tokio::test]
async fn frames_arrive_whole_wherever_the_stream_is_split() {
    let (_server, mut socket) = open().await;
    let (long, short) = (text(150 * KIB), text(300));
    let stream =
        [masked(0x81, &short), masked(0x82, &long), masked(0x89, b"?"), masked(0x81, &long)].concat();
    let heads = [0, 308, 308 + 14 + long.len(), 308 + 14 + long.len() + 7];
    for head in heads {
        for split in head..head + 15 {
            socket.send(&stream[..split]).await;
            // Sent one at a time, these bytes are read in small pieces.
            for byte in stream[split..].chunks(1).take(16) {
                socket.send(byte).await;
                tokio::task::yield_now().await;
            }
            socket.send(&stream[split + 16..]).await;
            assert!(echo_of(&mut socket).await == (1, short.clone()), "split at {split}");
            let mut echoes = Vec::new();
            while echoes.len() < 3 {
                echoes.push(echo_of(&mut socket).await);
            }
            // The pong may come before the echo that was queued before it was read, or after.
            echoes.sort_by_key(|(opcode, _)| *opcode);
            let expected = [(1, long.clone()), (2, long.clone()), (10, b"?".to_vec())];
            assert!(echoes == expected, "split at {split}");
        }
    }
}

#[tokio::test]
async fn a_message_of_long_fragments_arrives_whole_with_a_ping_in_between() {
    let (_server, mut socket) = open().await;
    let message = text(300 * KIB);
    // This may be in the middle of a character.
    let (begin, end) = message.split_at(100_001);
    socket.send(&[masked(0x01, begin), masked(0x89, b"?"), masked(0x80, end)].concat()).await;
    assert_eq!(socket.frame().await, Some((0x8a, b"?".to_vec())));
    assert!(echo_of(&mut socket).await == (1, message), "comes back as it was");
}

#[tokio::test]
async fn a_long_frame_that_breaks_a_rule_is_refused() {
    let bad_end = [text(200 * KIB), vec![0xff]].concat();
    for (sent, code) in [
        // Announced longer than the limit, and nothing behind it.
        ([&[0x82, 0xff][..], &(1025 * KIB as u64).to_be_bytes(), &[0; 4]].concat(), 1009),
        // A length with its first bit set.
        ([&[0x82, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat(), 1009),
        // Together longer.
        ([masked(0x02, &vec![0; 600 * KIB]), masked(0x80, &vec![0; 600 * KIB])].concat(), 1009),
        // Not in its shortest form.
        ([&[0x82, 0xff][..], &200_u64.to_be_bytes(), &[0; 204]].concat(), 1002),
        // No mask; a reserved bit; a control frame that is long; a continuation of nothing; a message inside another.
        (vec![0x82, 0x7f], 1002),
        (vec![0xc2, 0xff], 1002),
        (vec![0x89, 0xff], 1002),
        (masked(0x80, &vec![0; 100 * KIB]), 1002),
        ([masked(0x02, &vec![0; 100 * KIB]), masked(0x82, &vec![0; 100 * KIB])].concat(), 1002),
        (masked(0x81, &bad_end), 1007),
    ] {
        let (_server, mut socket) = open().await;
        socket.send(&sent).await;
        let (first, payload) = socket.frame().await.expect("a close frame");
        assert_eq!((first, close(&payload).0), (0x88, code), "{:x?} …", &sent[..sent.len().min(14)]);
    }
}

#[tokio::test]
async fn a_stream_that_ends_in_a_head_is_lost() {
    for head in 1..14 {
        let (_server, mut socket) = open().await;
        socket.send(&masked(0x82, &vec![0; 100 * KIB])[..head]).await;
        tokio::io::AsyncWriteExt::shutdown(&mut socket.stream).await.expect("shut down");
        assert_eq!(socket.rest().await, [], "after {head} bytes");
    }
}
