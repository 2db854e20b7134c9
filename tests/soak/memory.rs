//! What thousands of clients leave in memory when they have gone in every ugly way. A process of its own, so that nothing else counts.
#![cfg(target_os = "linux")]

mod ways;

use std::time::Duration;

use sockeye::{Limits, Server};
use sockeye_tests::{dial, logs, start};
use ways::{come_and_go, hide_panics, runtime};

/// How often the soak runs in each half: some 5,000 connections, of which most are accepted.
const TIMES: usize = 2;

/// By how much the second half may add to what the first has left: what the allocator keeps varies. If each connection left as much as
/// 2 KiB, it would be more than that.
const SLACK: usize = 6 << 20;

/// Nobody is waited for longer.
const SHORT: Duration = Duration::from_millis(200);

/// The memory of this process that is resident, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a figure");
    let kib: usize = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib << 10
}

#[test]
fn twice_as_many_clients_leave_no_more_in_memory() {
    logs::quiet();
    hide_panics();
    let (theirs, ours) = (runtime(), runtime());
    let limits = Limits::new().handshake_timeout(SHORT).send_timeout(SHORT).close_timeout(SHORT);
    let mut server = theirs.block_on(start(Server::new().limits(limits)));
    let addr = server.addr;
    let half = || {
        for _ in 0..TIMES {
            ours.block_on(come_and_go("/wire", async || {
                let stream = dial(addr).await;
                let peer = stream.local_addr().expect("an address");
                (stream, peer)
            }));
        }
        resident()
    };
    let (first, second) = (half(), half());
    server.stop();
    theirs.block_on(server.ended());
    assert!(second <= first + SLACK, "{first} bytes after the first half, {second} after the second");
}
