//! What an echo, a delivery, and an idle connection cost in allocations and bytes. A process of its own, so that nothing else is counted: the
//! clients are threads with sockets of the standard library, which allocate nothing while the server is measured.

use std::{
    alloc::System,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use axum::extract::State;
use sockeye::{Handshake, Hub, Message, Raw, Server, ws_endpoint};
use sockeye_tests::{PATIENCE, frames::masked, raw::HEAD, start};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Pushes events.
#[ws_endpoint("/feed")]
async fn feed(handshake: Handshake, State(hub): State<Hub<Message>>) -> sockeye::Result {
    let events = hub.topic("feed").subscribe();
    let socket = handshake.accept().await?;
    socket.forward(events).await
}

/// A connection that has shaken hands.
fn connect(addr: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_nodelay(true).expect("no delay");
    stream.write_all(format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a head");
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    stream
}

/// Allocations so far, growth in place included.
fn allocations() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

/// Bytes that are in use.
fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

const ROUNDS: usize = 1_000;

/// Allocations of each of so many echoes at once, in hundredths.
fn of_echoes(addr: SocketAddr, payload: &[u8], outstanding: usize) -> usize {
    let mut stream = connect(addr, "/echo");
    let burst = masked(0x82, payload).repeat(outstanding);
    let head = if payload.len() > 125 { 4 } else { 2 };
    let mut answer = vec![0; (payload.len() + head) * outstanding];
    let mut exchange = |rounds| {
        for _ in 0..rounds {
            stream.write_all(&burst).expect("sent");
            stream.read_exact(&mut answer).expect("echoes");
        }
    };
    exchange(10);
    let before = allocations();
    exchange(ROUNDS);
    (allocations() - before) * 100 / (ROUNDS * outstanding)
}

/// Allocations of each delivery of an event to so many subscribers, in hundredths.
fn of_deliveries(addr: SocketAddr, hub: &Hub<Message>, subscribers: usize) -> usize {
    let mut streams: Vec<_> = (0..subscribers).map(|_| connect(addr, "/feed")).collect();
    let event = Message::text("e".repeat(100));
    let mut deliver = |events| {
        let mut frame = [0; 102];
        for _ in 0..events {
            assert_eq!(hub.topic("feed").publish(&event).expect("encoded"), subscribers);
            for stream in &mut streams {
                stream.read_exact(&mut frame).expect("an event");
            }
        }
    };
    deliver(10);
    let before = allocations();
    deliver(ROUNDS / 10);
    (allocations() - before) * 100 / (ROUNDS / 10 * subscribers)
}

/// Bytes for each of so many connections that have had a message echoed and wait.
fn of_idle(addr: SocketAddr, connections: usize) -> usize {
    let mut streams = Vec::with_capacity(connections);
    let message = masked(0x81, b"hello");
    let mut open = |connections| {
        for _ in 0..connections {
            let mut stream = connect(addr, "/echo");
            stream.write_all(&message).expect("sent");
            stream.read_exact(&mut [0; 7]).expect("an echo");
            streams.push(stream);
        }
    };
    open(connections / 10);
    let before = held();
    let each = connections - connections / 10;
    open(each);
    held().saturating_sub(before) / each
}

/// One test, since each would count what another allocates.
#[test]
fn what_is_counted_stays_as_it_is() {
    let hub = Hub::encoded_by::<Raw>().build();
    let server = Server::new().state(hub.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let counted = runtime.block_on(async {
        let mut server = start(server).await;
        let addr = server.addr;
        let counting = tokio::task::spawn_blocking(move || {
            [
                ("hundredths of an allocation for an echo of 64 B", of_echoes(addr, &[7; 64], 1), 102),
                ("the same with 32 outstanding", of_echoes(addr, &[7; 64], 32), 102),
                // A message that arrives in pieces needs some more.
                ("the same of 16 KiB", of_echoes(addr, &[7; 16 * 1024], 1), 200),
                ("the same for a delivery to 100 subscribers", of_deliveries(addr, &hub, 100), 12),
                ("bytes of the heap for an idle connection", of_idle(addr, 1_000), 6_200),
            ]
        });
        let counted = counting.await.expect("counted");
        server.stop();
        server.ended().await;
        counted
    });
    for (what, found, most) in counted {
        // Without any, nothing would have been counted.
        assert!((1..=most).contains(&found), "{what}: {found}, where {most} are the most; all: {counted:?}");
    }
}
