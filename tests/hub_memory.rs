//! What a hub gives back. A process of its own, so that nothing else is counted.

use std::alloc::System;

use sockeye::{Hub, Message, Raw, Subscription};
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
}
