//! The box that a `main` returns, as an endpoint's error.

use std::error::Error;

use sockeye::{Handshake, ws_endpoint};

/// In full.
#[ws_endpoint("/ws/full")]
async fn full(handshake: Handshake) -> Result<(), Box<dyn std::error::Error>> {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Imported.
#[ws_endpoint("/ws/imported")]
async fn imported(handshake: Handshake) -> Result<(), Box<dyn Error>> {
    let mut socket = handshake.accept().await?;
    let first = socket.recv().await?.ok_or("nothing came")?;
    if first.as_text().is_none() {
        return Err("text only".into());
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn limit() -> Result<usize, Box<dyn Error>> {
    Ok(std::env::var("LIMIT")?.parse()?)
}

/// With a helper that returns the same.
#[ws_endpoint("/ws/helper")]
async fn helper(handshake: Handshake) -> Result<(), Box<dyn Error>> {
    let limit = limit()?;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.len() > limit {
            Err(format!("more than {limit} bytes"))?;
        }
    }
    Ok(())
}

type Boxed = Box<dyn Error>;

/// By another name.
#[ws_endpoint("/ws/alias")]
async fn alias(handshake: Handshake) -> Result<(), Boxed> {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn main() {}
