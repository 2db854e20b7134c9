use std::{
    net::TcpListener,
    sync::atomic::{AtomicU16, Ordering},
};

/// A port that is free. It is below those that the system gives to clients: one of them could have it when a server is started again,
/// or connect to itself while there is none.
///
/// # Panics
/// Never: all numbers are ports.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() * 61 % 20_000;
    loop {
        let taken = u32::from(TAKEN.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(11_000 + (first + taken) % 20_000).expect("a port");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
