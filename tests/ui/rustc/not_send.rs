//! A value that cannot move to another thread lives across an await.

use std::rc::Rc;

use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint("/ws")]
async fn chat(handshake: Handshake) -> sockeye::Result {
    let shared = Rc::new(1);
    let _socket = handshake.accept().await?;
    drop(shared);
    Ok(())
}

fn main() {}
