//! A type of the standard library in the place of the codec.

use serde::Deserialize;
use sockeye::{Handshake, ws_endpoint};

#[derive(Deserialize)]
pub enum Order {
    Pause,
    Resume,
}

/// Documented.
#[ws_endpoint("/ws")]
async fn orders(handshake: Handshake<Vec<Order>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut paused = false;
    while let Some(order) = socket.recv().await? {
        paused = matches!(order[..], [.., Order::Pause]);
    }
    drop(paused);
    Ok(())
}

fn main() {}
