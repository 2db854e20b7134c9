//! Too much of what is allowed.

use std::time::Duration;

use sockeye::{Heartbeat, Limits, Server};
use sockeye_tests::{
    Running, hear, logs,
    raw::{self, RawSocket, frame},
    say, start, within,
};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;

async fn server(limits: Limits) -> Running {
    logs::listen();
    start(Server::new().limits(limits).heartbeat(Heartbeat::off())).await
}

async fn assert_serves(server: &Running) {
    let mut client = server.connect("/echo").await;
    say(&mut client, "still there?").await;
    assert_eq!(hear(&mut client).await, Message::text("still there?"));
}

#[tokio::test]
async fn a_flood_of_pings_is_answered_ping_by_ping() {
    let server = server(Limits::new()).await;
    let (mut from, mut to) = RawSocket::open(server.addr, "/echo").await.stream.into_split();
    let flood: Vec<u8> = (0..50_000).flat_map(|_| frame(0x89, b"12345678")).collect();
    let sending = tokio::spawn(async move {
        to.write_all(&flood).await.expect("sent");
        to.write_all(&frame(0x88, &[0x03, 0xe8])).await.expect("sent");
        to
    });
    let mut answer = Vec::new();
    within(tokio::io::AsyncReadExt::read_to_end(&mut from, &mut answer)).await.expect("an end");
    within(sending).await.expect("sent");
    let pong = [&[0x8a, 8][..], b"12345678"].concat();
    assert_eq!(answer.len(), 50_000 * pong.len() + 4);
    assert!(answer.chunks_exact(pong.len()).take(50_000).all(|one| one == pong));
}

#[tokio::test]
async fn who_pings_and_never_reads_is_a_slow_consumer() {
    let server = server(
        Limits::new().send_timeout(Duration::from_millis(300)).close_timeout(Duration::from_millis(100)),
    )
    .await;
    let mut client = RawSocket::open(server.addr, "/echo").await;
    let peer = client.stream.local_addr().expect("an address").to_string();
    let flood: Vec<u8> = (0..1000).flat_map(|_| frame(0x89, &[b'x'; 125])).collect();
    let flooding = async { while client.stream.write_all(&flood).await.is_ok() {} };
    within(flooding).await;
    let line = logs::closing_of(&peer).await;
    assert_eq!((line.get("rule"), line.get("code")), ("slow_consumer", "1013"), "{line:?}");
}

#[tokio::test]
async fn who_is_told_to_leave_and_talks_on_is_cut_off() {
    let server = server(Limits::new().close_timeout(Duration::from_millis(300))).await;
    let client = RawSocket::open(server.addr, "/parrot?accept=true&words=enough").await;
    let peer = client.stream.local_addr().expect("an address").to_string();
    let mut stream = client.stream.into_std().expect("a socket");
    stream.set_nonblocking(false).expect("a socket");
    // From a thread of its own, so that there is always more than the server reads in a turn.
    let flooding = std::thread::spawn(move || {
        let flood: Vec<u8> = (0..20_000).flat_map(|_| frame(0x81, b"")).collect();
        while std::io::Write::write_all(&mut stream, &flood).is_ok() {}
    });
    assert_eq!(logs::closing_of(&peer).await.get("code"), "1000");
    within(tokio::task::spawn_blocking(|| flooding.join())).await.expect("joined").expect("ended");
}

#[tokio::test]
async fn pings_between_fragments_are_answered_before_the_message() {
    let server = server(Limits::new()).await;
    let mut client = RawSocket::open(server.addr, "/echo").await;
    for part in [
        frame(0x01, b"one "),
        frame(0x89, b"?"),
        frame(0x00, b"two "),
        frame(0x8a, b"unasked"),
        frame(0x00, b""),
    ] {
        client.send(&part).await;
    }
    assert_eq!(client.frame().await, Some((0x8a, b"?".to_vec())));
    client.send(&frame(0x80, b"three")).await;
    assert_eq!(client.frame().await, Some((0x81, b"one two three".to_vec())));
}

#[tokio::test]
async fn control_frames_must_not_be_fragments_themselves() {
    let server = server(Limits::new()).await;
    for bad in [
        frame(0x09, b""),
        frame(0x08, b""),
        [frame(0x01, b"a"), frame(0x0a, b"")].concat(),
        frame(0x80, b"x"),
        [frame(0x01, b"a"), frame(0x81, b"b")].concat(),
    ] {
        let mut client = RawSocket::open(server.addr, "/echo").await;
        client.send(&bad).await;
        let (first, payload) = client.frame().await.expect("a close frame");
        assert_eq!((first, raw::close(&payload).0), (0x88, 1002), "{bad:x?}");
    }
}

#[tokio::test]
async fn a_message_of_endless_fragments_ends_at_the_limit() {
    let server = server(Limits::new()).await;
    let mut client = RawSocket::open(server.addr, "/echo").await;
    client.send(&frame(0x02, b"x")).await;
    let (mut from, mut to) = client.stream.into_split();
    let sending =
        tokio::spawn(async move { while to.write_all(&frame(0x00, &[b'x'; 100])).await.is_ok() {} });
    let mut answer = Vec::new();
    // A reset may follow: the client goes on sending.
    _ = within(tokio::io::AsyncReadExt::read_to_end(&mut from, &mut answer)).await;
    assert_eq!(raw::close(&answer[2..]), (1009, "the message is longer than 2000 bytes".to_owned()));
    drop(from);
    within(sending).await.expect("ended");
}

#[tokio::test]
async fn endless_empty_fragments_harm_nobody_else() {
    let server = server(Limits::new()).await;
    let mut client = RawSocket::open(server.addr, "/echo").await;
    client.send(&frame(0x01, b"")).await;
    let empty: Vec<u8> = (0..10_000).flat_map(|_| frame(0x00, b"")).collect();
    for _ in 0..20 {
        client.send(&empty).await;
        assert_serves(&server).await;
    }
    client.send(&frame(0x80, b"at last")).await;
    assert_eq!(client.frame().await, Some((0x81, b"at last".to_vec())));
}

#[tokio::test]
async fn a_frame_that_announces_too_much_is_refused_before_it_comes() {
    let server = server(Limits::new()).await;
    let mut client = RawSocket::open(server.addr, "/echo").await;
    client.send(&[0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).await;
    let (first, payload) = client.frame().await.expect("a close frame");
    assert_eq!((first, raw::close(&payload).0), (0x88, 1009));
}
