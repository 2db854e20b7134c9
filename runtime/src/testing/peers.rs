use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicU16, Ordering},
};

/// Made-up ports begin after the privileged ones.
const FIRST: u16 = 1024;

/// A different address for each connection of the program, to distinguish them in a log that several tests share. After
/// 64,512 connections they repeat.
pub(super) fn next_peer() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let port = FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % (u16::MAX - FIRST + 1);
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
