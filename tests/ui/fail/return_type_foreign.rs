//! Errors into which `?` does not convert Sockeye's.

use std::error::Error;

use sockeye::{Handshake, ws_endpoint};

/// A text.
#[ws_endpoint("/ws/text")]
async fn text(handshake: Handshake) -> Result<(), String> {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A box that is `Send`.
#[ws_endpoint("/ws/box")]
async fn boxed(handshake: Handshake) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[derive(Debug)]
enum Failure {
    Lost,
}

/// A type that is not an error.
#[ws_endpoint("/ws/own")]
async fn own(handshake: Handshake) -> Result<(), Failure> {
    let mut socket = handshake.accept().await?;
    if socket.recv().await?.is_none() {
        return Err(Failure::Lost);
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[derive(Debug)]
enum Refused {
    Binary,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("text only")
    }
}

impl Error for Refused {}

/// An error of the program.
#[ws_endpoint("/ws/refused")]
async fn refused(handshake: Handshake) -> Result<(), Refused> {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.as_text().is_none() {
            return Err(Refused::Binary);
        }
        socket.send(message).await?;
    }
    Ok(())
}

fn main() {}
