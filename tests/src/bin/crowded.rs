//! A program with limits of its own, for tests of how many file descriptors it has.

use std::fs::File;

use sockeye::{Handshake, Limits, Server, StartupError, ws_endpoint};

/// Sends back what comes in.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Arguments: WebSockets and other HTTP connections, or `-` for the defaults, and either
/// WebSockets of one client or `greedy`, which takes every descriptor for itself.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartupError> {
    let [sockets, http, third] = [1, 2, 3].map(|number| std::env::args().nth(number).unwrap_or_default());
    let mut limits = Limits::new();
    if let Ok(number) = sockets.parse() {
        limits = limits.max_connections(number);
    }
    if let Ok(number) = http.parse() {
        limits = limits.max_http_connections(number);
    }
    if let Ok(number) = third.parse() {
        limits = limits.max_connections_per_client(number);
    }
    let server = Server::new().limits(limits).on_listen(move |_| {
        let mut held = Vec::new();
        while third == "greedy"
            && let Ok(file) = File::open("/dev/null")
        {
            held.push(file);
        }
        std::mem::forget(held);
    });
    server.serve("127.0.0.1:0").await
}
