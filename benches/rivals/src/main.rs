//! The echo and the feed of the benchmarks, on other WebSocket servers: `rivals NAME` says its address and runs until it is killed.
//!
//! Each is written as its own documentation shows it, with one thread. What a client sends to `/echo` comes back; what one sends to
//! `/feed` goes to all clients of `/feed`.

mod actix;
mod bare;
mod fast;
mod tokio_ws;

use std::{env, io, net::SocketAddr};

fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("actix-ws") => actix::run(),
        Some("fastwebsockets") => fast::run(),
        Some("tokio-websockets") => tokio_ws::run(),
        Some("bare") => bare::run(),
        _ => Err(io::Error::other("usage: rivals actix-ws|fastwebsockets|tokio-websockets|bare")),
    }
}

/// Tells the benchmark, which reads the first line.
fn say(address: SocketAddr) {
    println!("{address}");
}
