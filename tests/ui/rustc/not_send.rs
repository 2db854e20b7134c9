//! A value that cannot move to another thread lives across an await.

use std::rc::Rc;

use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws")]
async fn chat(handshake: Handshake) -> sockeye::Result {
    let shared = Rc::new(1);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    drop(shared);
    Ok(())
}

fn main() {}
