//! permessage-deflate (RFC 7692) over real sockets, with a client that compresses by itself.

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress};
use sockeye::{Compression, Handshake, Heartbeat, Limits, Server, ws_endpoint};
use sockeye_tests::{
    Running,
    frames::masked,
    logs,
    raw::{RawSocket, close},
    start,
};

const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
const AGREED: &str = "sec-websocket-extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n";

const TEXT: u8 = 0x81;
const COMPRESSED: u8 = 0x40;

/// Sends back what it gets.
#[ws_endpoint("/asked", compression = "deflate", max_message_size = "256 KiB")]
async fn asked(handshake: Handshake) -> sockeye::Result {
    echo(handshake).await
}

/// As the server does.
#[ws_endpoint("/inherited")]
async fn inherited(handshake: Handshake) -> sockeye::Result {
    echo(handshake).await
}

/// Never.
#[ws_endpoint("/off", compression = off)]
async fn off(handshake: Handshake) -> sockeye::Result {
    echo(handshake).await
}

async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Without pings among the echoes.
fn plain() -> Server {
    Server::new().heartbeat(Heartbeat::off())
}

fn deflated(message: &[u8]) -> Vec<u8> {
    let mut state = Compress::new(flate2::Compression::default(), false);
    let mut payload = Vec::with_capacity(message.len() + 64);
    state.compress_vec(message, &mut payload, FlushCompress::Sync).unwrap();
    assert!(payload.ends_with(&[0, 0, 0xff, 0xff]));
    payload.truncate(payload.len() - 4);
    payload
}

fn inflated(mut payload: Vec<u8>) -> Vec<u8> {
    payload.extend([0, 0, 0xff, 0xff]);
    let mut message = Vec::with_capacity(4 * 1024 * 1024);
    Decompress::new(false).decompress_vec(&payload, &mut message, FlushDecompress::Sync).unwrap();
    message
}

async fn open(server: &Running, path: &str) -> RawSocket {
    let (socket, head) = RawSocket::offering(server.addr, path, OFFER).await;
    assert!(head.contains(AGREED), "{head}");
    socket
}

/// The code and the reason with which the server closes.
async fn closed(socket: &mut RawSocket) -> (u16, String) {
    let (first, payload) = socket.frame().await.expect("a close frame");
    assert_eq!(first, 0x88);
    close(&payload)
}

#[tokio::test]
async fn long_messages_are_compressed_and_short_ones_are_not() {
    let server = start(plain()).await;
    let mut socket = open(&server, "/asked").await;
    for length in [256, 5_000, 100_000, 256 * 1024] {
        let text = "déflate ".repeat(length).into_bytes()[..length / 9 * 9].to_vec();
        let payload = deflated(&text);
        assert!(payload.len() < text.len() / 4);
        socket.send(&masked(TEXT | COMPRESSED, &payload)).await;
        let (first, echo) = socket.frame().await.expect("an echo");
        let is_compressed = text.len() >= 256;
        assert_eq!(first, TEXT | if is_compressed { COMPRESSED } else { 0 }, "{}", text.len());
        assert!(echo.len() < text.len() / 4 || !is_compressed);
        assert!(if is_compressed { inflated(echo) } else { echo } == text, "{}", text.len());
    }
    // The client need not compress; noise does not become smaller.
    let noise: Vec<u8> =
        (0..4_000_u32).map(|n| n.wrapping_mul(2_654_435_761).rotate_left(n % 31).to_le_bytes()[0]).collect();
    socket.send(&masked(0x82, &noise)).await;
    assert_eq!(socket.frame().await, Some((0x82, noise)));
}

#[tokio::test]
async fn fragments_are_one_message_and_pings_come_between_them() {
    let server = start(plain()).await;
    let mut socket = open(&server, "/asked").await;
    let text = "fragment by fragment ".repeat(500);
    let payload = deflated(text.as_bytes());
    let (first, rest) = payload.split_at(7);
    socket.send(&masked(0x01 | COMPRESSED, first)).await;
    socket.send(&masked(0x89, b"ping")).await;
    assert_eq!(socket.frame().await, Some((0x8a, b"ping".to_vec())));
    socket.send(&masked(0x00, rest)).await;
    socket.send(&masked(0x80, &[])).await;
    let (first, echo) = socket.frame().await.expect("an echo");
    assert_eq!((first, inflated(echo)), (TEXT | COMPRESSED, text.into_bytes()));
}

#[tokio::test]
async fn nothing_is_compressed_unless_both_sides_want_it() {
    let server = start(plain()).await;
    for (path, offer) in [("/asked", ""), ("/inherited", OFFER), ("/off", OFFER)] {
        let (mut socket, head) = RawSocket::offering(server.addr, path, offer).await;
        assert!(!head.contains("sec-websocket-extensions"), "{head}");
        let text = vec![b'a'; 5_000];
        socket.send(&masked(TEXT, &text)).await;
        assert_eq!(socket.frame().await, Some((TEXT, text)));
        socket.send(&masked(TEXT | COMPRESSED, b"x")).await;
        let (code, reason) = closed(&mut socket).await;
        assert_eq!(code, 1002);
        assert!(reason.contains("reserved bit"), "{reason}");
    }
    let server = start(plain().limits(Limits::new().compression(Compression::deflate().min_size(10)))).await;
    let mut socket = open(&server, "/inherited").await;
    let text = vec![b'a'; 100];
    socket.send(&masked(TEXT, &text)).await;
    let (first, echo) = socket.frame().await.expect("an echo");
    assert_eq!((first, inflated(echo)), (TEXT | COMPRESSED, text));
    let (_, head) = RawSocket::offering(server.addr, "/off", OFFER).await;
    assert!(!head.contains("sec-websocket-extensions"), "{head}");
}

#[tokio::test]
async fn what_a_client_asks_of_the_server_is_kept() {
    let server = start(plain()).await;
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=9\r\n";
    let (mut socket, head) = RawSocket::offering(server.addr, "/asked", offer).await;
    assert!(head.contains("client_no_context_takeover; server_max_window_bits=9\r\n"), "{head}");
    // What repeats is further away than 512 bytes.
    let numbers: Vec<_> = (0..400).map(|n| n.to_string()).collect();
    let part = numbers.join(" ");
    let text = part.repeat(8);
    socket.send(&masked(TEXT, text.as_bytes())).await;
    let (first, echo) = socket.frame().await.expect("an echo");
    assert_eq!(first, TEXT | COMPRESSED);
    let mut small = Decompress::new_with_window_bits(false, 9);
    let mut message = Vec::with_capacity(text.len() + 1);
    small
        .decompress_vec(&[&echo[..], &[0, 0, 0xff, 0xff]].concat(), &mut message, FlushDecompress::Sync)
        .unwrap();
    assert!(message == text.as_bytes());
}

#[tokio::test]
async fn a_bomb_is_too_long_before_it_is_kept() {
    logs::listen();
    let server = start(plain()).await;
    let mut socket = open(&server, "/asked").await;
    let peer = socket.stream.local_addr().unwrap().to_string();
    let bomb = deflated(&vec![0; 16 * 1024 * 1024]);
    assert!(bomb.len() < 32 * 1024);
    socket.send(&masked(0x82 | COMPRESSED, &bomb)).await;
    let (code, reason) = closed(&mut socket).await;
    assert_eq!((code, reason.as_str()), (1009, "the message is longer than 262144 bytes"));
    drop(socket);
    assert_eq!(logs::closing_of(&peer).await.get("rule"), "message_too_big");
}

#[tokio::test]
async fn violations_are_named() {
    logs::listen();
    let server = start(plain()).await;
    let not_utf8 = deflated(&[&b"text "[..], &[0xff]].concat());
    for (frames, code, rule, words) in [
        (vec![masked(TEXT | COMPRESSED, &[0xff; 20])], 1007, "invalid_message", "cannot be inflated"),
        (vec![masked(TEXT | COMPRESSED, &not_utf8)], 1007, "invalid_message", "not valid UTF-8"),
        (vec![masked(0x89 | COMPRESSED, b"ping")], 1002, "protocol_violation", "reserved bit"),
        (vec![masked(0x88 | COMPRESSED, &[])], 1002, "protocol_violation", "reserved bit"),
        (
            vec![masked(0x01 | COMPRESSED, &[]), masked(0x80 | COMPRESSED, &[])],
            1002,
            "protocol_violation",
            "reserved bit",
        ),
        (vec![masked(TEXT | 0x20, b"x")], 1002, "protocol_violation", "reserved bit"),
    ] {
        let mut socket = open(&server, "/asked").await;
        let peer = socket.stream.local_addr().unwrap().to_string();
        for frame in frames {
            socket.send(&frame).await;
        }
        let (found, reason) = closed(&mut socket).await;
        assert_eq!(found, code, "{reason}");
        assert!(reason.contains(words), "{reason}");
        drop(socket);
        assert_eq!(logs::closing_of(&peer).await.get("rule"), rule);
    }
}
