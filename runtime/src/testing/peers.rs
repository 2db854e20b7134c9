use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicU16, Ordering},
};

/// Made-up ports begin where those that need privileges end.
const FIRST: u16 = 1024;

/// Another address for each connection of the program, so that a log that several tests share tells them apart. After
/// 64,512 connections they come again.
pub(super) fn next_peer() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let port = FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % (u16::MAX - FIRST + 1);
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
