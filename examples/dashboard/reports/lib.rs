//! Endpoints of another crate. The program does not name this crate, so the linker leaves it out, and its endpoint with it, without a word:
//! `Server::expect` is what notices. `use example_dashboard_reports as _;` in `main.rs` would bring it back.

use sockeye::{Handshake, ws_endpoint};

/// Shows the reports of a night.
#[ws_endpoint("/ws/reports")]
async fn reports(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}
