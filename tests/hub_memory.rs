//! What a hub gives back. A process of its own, so that nothing else is counted.

use std::alloc::System;

use axum::extract::State;
use sockeye::{Handshake, Hub, Message, Raw, Server, Subscription, ws_endpoint};
use sockeye_tests::{raw::RawSocket, start};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are in use.
fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn subscribe(hub: &Hub<Message>, topics: usize) -> Vec<Subscription<Message>> {
    (0..topics).map(|n| hub.topic(n.to_string()).subscribe()).collect()
}

/// What `act` leaves behind, in bytes.
fn left_by(act: impl FnOnce()) -> usize {
    let before = held();
    act();
    held().saturating_sub(before)
}

/// One test, since all of them would count what the others hold.
#[test]
fn a_hub_gives_back_what_it_no_longer_needs() {
    let hub = Hub::encoded_by::<Raw>().queue(100_000).build();
    let _stays = hub.topic("one that stays").subscribe();

    let topics = left_by(|| drop(subscribe(&hub, 100_000)));
    assert!(topics < 16 << 10, "{topics} bytes are kept of 100,000 topics that are gone");

    let mut busy = hub.topic("busy").subscribe();
    let events = left_by(|| {
        (0..100_000).for_each(|_| _ = hub.topic("busy").publish(&Message::text("event")).unwrap());
        while let Some(event) = futures_util::FutureExt::now_or_never(busy.next()) {
            drop(event.unwrap());
        }
    });
    assert!(events < 64 << 10, "{events} bytes are kept of 100,000 events that everybody has");

    let subscribers = left_by(|| {
        drop((0..100_000).map(|_| hub.topic("busy").subscribe()).collect::<Vec<_>>());
    });
    assert!(subscribers < 64 << 10, "{subscribers} bytes are kept of 100,000 subscribers that have left");
    assert_eq!(hub.topics(), 2);

    // At the edge of a size the map must not move each time: that would be a copy of it for each topic.
    let many = subscribe(&hub, 10_000);
    let before = ALLOCATOR.stats().bytes_allocated;
    (0..1000).for_each(|n| drop(hub.topic(format!("passing {n}")).subscribe()));
    let each = (ALLOCATOR.stats().bytes_allocated - before) / 1000;
    assert!(each < 4 << 10, "{each} bytes are allocated for a topic that comes and goes");
    drop(many);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(an_event_is_compressed_once());
}

/// Pushes events, compressed.
#[ws_endpoint("/feed", compression = "deflate")]
async fn feed(handshake: Handshake, State(hub): State<Hub<Message>>) -> sockeye::Result {
    let events = hub.topic("feed").subscribe();
    let socket = handshake.accept().await?;
    socket.forward(events).await
}

/// Compressing reserves as much as the message is long.
async fn an_event_is_compressed_once() {
    const SUBSCRIBERS: usize = 20;
    let hub = Hub::encoded_by::<Raw>().build();
    let server = start(Server::new().state(hub.clone())).await;
    let mut sockets = Vec::new();
    for _ in 0..SUBSCRIBERS {
        let offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
        let (socket, head) = RawSocket::offering(server.addr, "/feed", offer).await;
        assert!(head.contains("permessage-deflate"), "{head}");
        sockets.push(socket);
    }
    let event = Message::text("an event ".repeat(200_000));
    let before = ALLOCATOR.stats().bytes_allocated;
    assert_eq!(hub.topic("feed").publish(&event).unwrap(), SUBSCRIBERS);
    let mut first = None;
    for socket in &mut sockets {
        let frame = socket.frame().await.expect("an event");
        assert_eq!(frame.0, 0xc1, "a compressed text");
        assert_eq!(first.get_or_insert_with(|| frame.clone()), &frame);
    }
    let allocated = ALLOCATOR.stats().bytes_allocated - before;
    assert!(allocated < 2 * event.len(), "{allocated} bytes for {SUBSCRIBERS} subscribers");
}
