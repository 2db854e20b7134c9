//! Hostile byte streams, sent after a good handshake: the server answers with legal frames only, ends the connection,
//! and lives.
//!
//! The streams are those that the fuzz target `frames` starts from, in `fuzz/seeds/frames`. Below it, `tungstenite/` holds a
//! selection of what the fuzzers of tungstenite (MIT OR Apache-2.0) found: a few for each way in which the server ends a
//! connection. Where a folder `shared/fuzz-seeds` with all 823 lies beside the repository, they are sent as well, and with
//! `SOCKEYE_FUZZ_SEEDS=all` its absence is a failure.

#![allow(clippy::print_stdout, reason = "which streams were sent and how they ended is worth seeing in CI")]

mod seeds;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use sockeye::{Handshake, Heartbeat, Limits, Server, ws_endpoint};
use sockeye_tests::{
    Running, frames, hear, in_process, logs, raw::RawSocket, say, second_opinion, start, within,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use self::seeds::Seed;

/// How many streams are on their way at once.
const AT_ONCE: usize = 32;

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// How a stream is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// In one piece, and that was all.
    Whole,
    /// A few bytes at a time, so that every frame is torn.
    Torn,
    /// In one piece; then the client stays and says nothing more, not even to a ping.
    Silent,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_streams_get_legal_frames_and_an_end() {
    // Without a subscriber each of the thousands of closes would be written to stderr.
    logs::quiet();
    let seeds = Arc::new(seeds::all());
    let heartbeat = Heartbeat::every(Duration::from_millis(200)).timeout(Duration::from_millis(200));
    let limits = Limits::new().close_timeout(Duration::from_millis(500));
    let mut server = start(Server::new().limits(limits).heartbeat(heartbeat)).await;
    for manner in [Manner::Whole, Manner::Torn, Manner::Silent] {
        let ends = send_all(&server, &seeds, manner).await;
        println!("{} streams, {manner:?}: ended with {ends:?}", seeds.len());
    }
    still_serves(&server).await;
    server.stop();
    within(server.ended()).await;
}

/// So many copies of each stream differ in one byte.
const MUTANTS: usize = 60;

#[test]
fn streams_that_differ_in_a_byte_are_read_as_another_implementation_reads_them() {
    logs::quiet();
    let runtime = in_process::runtime();
    let router = runtime.block_on(in_process::router(Server::new()));
    let seeds = seeds::committed();
    let short = seeds.iter().filter(|seed| !seed.bytes.is_empty() && seed.bytes.len() < 4096);
    for (n, Seed { name, bytes }) in short.enumerate() {
        for mutant in 0..MUTANTS {
            let mut bytes = bytes.clone();
            // Any place and any value, the same at each run.
            let dice = (n * MUTANTS + mutant).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
            let at = dice % bytes.len().min(40);
            bytes[at] = u8::try_from(dice >> 16 & 0xff).expect("a byte");
            let answer = runtime.block_on(in_process::converse(&router, "/echo", &bytes));
            if let Err(fault) = judge(&bytes, Manner::Whole, &answer) {
                panic!("{name}, mutant {mutant}: {fault}: {bytes:x?}");
            }
        }
    }
}

/// Sends every stream; says how often each close code was the end (`None`: no close frame).
async fn send_all(server: &Running, seeds: &Arc<Vec<Seed>>, manner: Manner) -> BTreeMap<Option<u16>, usize> {
    let addr = server.addr;
    let conversations = (0..seeds.len()).map(|index| {
        let seeds = Arc::clone(seeds);
        async move {
            let Seed { name, bytes } = &seeds[index];
            let answer = within(converse(RawSocket::open(addr, "/echo").await, bytes, manner)).await;
            match answer.and_then(|answer| judge(bytes, manner, &answer)) {
                Ok(end) => end,
                Err(fault) => panic!("{name}, {manner:?}: {fault}"),
            }
        }
    });
    let mut ends = BTreeMap::new();
    let mut running = stream::iter(conversations).buffer_unordered(AT_ONCE);
    while let Some(end) = running.next().await {
        *ends.entry(end).or_default() += 1;
    }
    ends
}

/// Whether the answer is legal, and the one that another implementation would give; says how it ended.
fn judge(bytes: &[u8], manner: Manner, answer: &[u8]) -> Result<Option<u16>, String> {
    let end = frames::judge(answer)?;
    if manner != Manner::Silent {
        second_opinion::compare(bytes, 64 * 1024, answer)?;
    }
    Ok(end)
}

/// Sends the bytes and gives everything that the server answers up to its end of the stream.
async fn converse(socket: RawSocket, bytes: &[u8], manner: Manner) -> Result<Vec<u8>, String> {
    let (mut from, mut to) = socket.stream.into_split();
    let sending = async {
        let size = if manner == Manner::Torn { bytes.len().div_ceil(50) } else { bytes.len() };
        for piece in bytes.chunks(size.max(1)) {
            // The server may have ended the connection in the middle; what it said counts.
            if to.write_all(piece).await.is_err() {
                return;
            }
            if manner == Manner::Torn {
                tokio::task::yield_now().await;
            }
        }
        if manner == Manner::Silent {
            std::future::pending::<()>().await;
        }
        _ = to.shutdown().await;
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    tokio::select! {
        () = sending => unreachable!("it waits to be dropped"),
        read = from.read_to_end(&mut answer) => {
            read.map_err(|error| format!("the answer was cut off: {error}"))?;
        }
    }
    Ok(answer)
}

async fn still_serves(server: &Running) {
    let mut client = server.connect("/echo").await;
    say(&mut client, "still there?").await;
    assert_eq!(hear(&mut client).await.into_text().expect("text"), "still there?");
}
