//! What connections reserve and keep. A process of its own, so that nothing else is counted.

use std::alloc::System;

use futures_util::{SinkExt, StreamExt as _};
use sockeye::{Handshake, Message, Server, ws_endpoint};
use sockeye_tests::{Running, frames::masked, raw::RawSocket, start};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::io::AsyncWriteExt as _;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;
const MIB: usize = 1024 * 1024;

/// Receives what is long.
#[ws_endpoint("/long", max_message_size = "100 MiB")]
async fn long(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let length = message.len().to_string();
        drop(message);
        socket.send(Message::text(length)).await?;
    }
    Ok(())
}

/// Keeps every text and answers the rest.
#[ws_endpoint("/keep")]
async fn keep(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut kept = Vec::with_capacity(2 * KEPT);
    while let Some(message) = socket.recv().await? {
        if message.as_text().is_some() {
            kept.push(message);
        } else {
            socket.send(Message::text("taken")).await?;
        }
    }
    Ok(())
}

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
        socket.flush().await?;
    }
    Ok(())
}

/// The same through `Stream` and `Sink`.
#[ws_endpoint("/echo/traits")]
async fn echo_by_traits(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.next().await {
        SinkExt::send(&mut socket, message?).await?;
    }
    Ok(())
}

/// Echoes in another task, where each wait stores a waker.
#[ws_endpoint("/task")]
async fn task(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let echo = tokio::spawn(async move {
        while let Some(message) = receiver.recv().await? {
            sender.send(message).await?;
        }
        sockeye::Result::Ok(())
    });
    echo.await?
}

/// The same through `Stream` and `Sink`.
#[ws_endpoint("/task/traits")]
async fn task_by_traits(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let echo = tokio::spawn(receiver.forward(sender));
    echo.await?
}

/// How many messages are kept.
const KEPT: usize = 100;

/// Bytes that are in use.
fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// Bytes that were ever asked for.
fn asked_for() -> usize {
    ALLOCATOR.stats().bytes_allocated
}

/// One test, since all of them would count what the others hold.
#[tokio::test]
async fn memory_is_reserved_for_what_comes_and_kept_for_what_is_kept() {
    let server = start(Server::new()).await;
    a_frame_that_is_announced_reserves_nothing(&server).await;
    a_long_message_reserves_a_few_times_its_length(&server).await;
    a_trait_allocates_no_more_than_a_method(&server).await;
    let small = kept_for_each(&server, 10).await;
    assert!(small < 512, "{small} bytes are kept for a message of 10 bytes");
    let copied = kept_for_each(&server, 4 * 1024).await;
    assert!(copied < 5 * 1024, "{copied} bytes are kept for a message of 4 KiB");
    let shared = kept_for_each(&server, 5 * 1024).await;
    assert!(shared < 16 * 5 * 1024, "{shared} bytes are kept for a message of 5 KiB");
}

/// A head alone, and one with the beginning of its payload.
async fn a_frame_that_is_announced_reserves_nothing(server: &Running) {
    for begun in [0, 100_000] {
        let mut announced = vec![0x82, 0xff];
        announced.extend((100 * MIB as u64).to_be_bytes());
        announced.extend([0; 4]);
        announced.extend(vec![0; begun]);
        let before = asked_for();
        let mut socket = RawSocket::open(server.addr, "/long").await;
        socket.send(&announced).await;
        // The server has read all of it when it has seen the end.
        socket.stream.shutdown().await.unwrap();
        _ = socket.rest().await;
        let reserved = asked_for() - before;
        assert!(reserved < 2 * MIB, "{reserved} bytes are reserved for {begun} of 100 MiB");
    }
}

async fn a_long_message_reserves_a_few_times_its_length(server: &Running) {
    let length = 10 * MIB;
    let mut socket = RawSocket::open(server.addr, "/long").await;
    let message = masked(0x82, &vec![7; length]);
    let before = (held(), asked_for());
    socket.send(&message).await;
    let answer = socket.frame().await;
    assert_eq!(answer, Some((0x81, length.to_string().into_bytes())));
    let (kept, reserved) = (held().saturating_sub(before.0), asked_for() - before.1);
    assert!(reserved < 4 * length, "{reserved} bytes are reserved for a message of {length}");
    assert!(kept < MIB, "{kept} bytes are kept of a message that is gone");
}

async fn a_trait_allocates_no_more_than_a_method(server: &Running) {
    for path in ["/echo", "/task"] {
        let by_methods = allocations_of_echoes(server, path).await;
        let by_traits = allocations_of_echoes(server, &format!("{path}/traits")).await;
        // A fifth of one for each message is what buffers of both sides may cost at other times.
        assert!(
            by_traits <= by_methods + ECHOES / 5,
            "{path}: {by_traits} by traits, {by_methods} by methods"
        );
    }
}

/// How many messages are echoed.
const ECHOES: usize = 500;

async fn allocations_of_echoes(server: &Running, path: &str) -> usize {
    let mut socket = RawSocket::open(server.addr, path).await;
    let message = masked(0x82, b"four");
    let mut before = 0;
    for n in 0..=ECHOES {
        if n == 1 {
            before = ALLOCATOR.stats().allocations;
        }
        socket.send(&message).await;
        assert_eq!(socket.frame().await, Some((0x82, b"four".to_vec())));
    }
    ALLOCATOR.stats().allocations - before
}

/// What a message of that length keeps, where much else was read with it.
async fn kept_for_each(server: &Running, length: usize) -> usize {
    let mut socket = RawSocket::open(server.addr, "/keep").await;
    let pair = [masked(0x81, &vec![b'x'; length]), masked(0x82, &vec![0; 60_000])].concat();
    let mut before = 0;
    for n in 0..=KEPT {
        if n == 1 {
            // After one round the buffers of both sides are allocated.
            before = held();
        }
        socket.send(&pair).await;
        assert_eq!(socket.frame().await, Some((0x81, b"taken".to_vec())));
    }
    held().saturating_sub(before) / KEPT
}
