//! Errors that do not convert into `sockeye::Error`.

use sockeye::{Handshake, ws_endpoint};

struct Mine;

/// A type that is no error.
#[ws_endpoint("/ws/mine")]
async fn mine(handshake: Handshake) -> Result<(), Mine> {
    let mut socket = handshake.accept().await.map_err(|_| Mine)?;
    while let Ok(Some(_)) = socket.recv().await {}
    Ok(())
}

mod errors {
    pub type Boxed = Box<dyn std::error::Error>;
}

use errors::Boxed;

/// A box that cannot change its thread, behind a name.
#[ws_endpoint("/ws/boxed")]
async fn boxed(handshake: Handshake) -> Result<(), Boxed> {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn main() {}
