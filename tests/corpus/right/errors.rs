//! Errors: types of the user's own, and every way around `?`.

use std::{fmt, io, num::ParseIntError};

use axum::{extract::Path, http::StatusCode};
use sockeye::{CloseCode, Error, Handshake, Message, Socket, ws_endpoint};
use tokio::sync::mpsc;

#[derive(Debug, thiserror::Error)]
enum ChatError {
    #[error("not a number")]
    Number(#[from] ParseIntError),
    #[error("the transport broke")]
    Io(#[from] io::Error),
    #[error("the socket: {0}")]
    Socket(String),
    #[error("quit")]
    Quit,
}

impl From<Error> for ChatError {
    fn from(error: Error) -> Self {
        Self::Socket(error.to_string())
    }
}

/// An error type of the user's own.
#[ws_endpoint("/errors/own")]
async fn own(handshake: Handshake) -> Result<(), ChatError> {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let number: i64 = message.as_text().unwrap_or("0").parse()?;
        if number < 0 {
            return Err(ChatError::Quit);
        }
        socket.send((number + 1).to_string()).await?;
    }
    Ok(())
}

/// An error that becomes a close by hand.
struct Fault {
    code: CloseCode,
    text: &'static str,
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::close(fault.code, fault.text)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

fn parse(message: &Message) -> Result<u8, Fault> {
    let text = message.as_text().ok_or(Fault { code: CloseCode::UNSUPPORTED_DATA, text: "text only" })?;
    text.parse().map_err(|_| Fault { code: CloseCode::INVALID_PAYLOAD, text: "a number" })
}

/// `?` on the user's own fault; some faults are told and forgiven.
#[ws_endpoint("/errors/fault")]
async fn fault(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match parse(&message) {
            Ok(number) => socket.send(number.to_string()).await?,
            Err(fault) if fault.code == CloseCode::INVALID_PAYLOAD => socket.send(fault.to_string()).await?,
            Err(fault) => Err(fault)?,
        }
    }
    Ok(())
}

/// `Err(..)?` as a statement that leaves.
#[ws_endpoint("/errors/err-question")]
async fn err_question(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(message) => socket.send(message).await?,
            None => Err(io::Error::from(io::ErrorKind::ConnectionReset))?,
        }
    }
}

/// The whole conversation in an inner function, the end outside.
#[ws_endpoint("/errors/inner")]
async fn inner(handshake: Handshake) -> sockeye::Result {
    async fn run(socket: &mut Socket) -> Result<(), ChatError> {
        while let Some(message) = socket.recv().await? {
            if message.is_empty() {
                return Err(ChatError::Quit);
            }
            socket.send(message).await?;
        }
        Ok(())
    }
    let mut socket = handshake.accept().await?;
    match run(&mut socket).await {
        Ok(()) => Ok(()),
        Err(ChatError::Quit) => socket.close(CloseCode::NORMAL, "quit").await,
        Err(other) => {
            tracing::warn!(%other);
            let _ = socket.send("internal error").await;
            socket.close(CloseCode::INTERNAL_ERROR, other.to_string()).await
        }
    }
}

/// `try`-like closure: an async block that gives a result.
#[ws_endpoint("/errors/try-block")]
async fn try_block(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let result: Result<(), ChatError> = async {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    }
    .await;
    if let Err(error) = result {
        tracing::warn!(%error);
        return Err(error.into());
    }
    Ok(())
}

/// Every combinator on results and options.
#[ws_endpoint("/errors/combinators")]
async fn combinators(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await.map_err(|error| Error::new(format!("accept: {error}")))?;
    loop {
        let received = socket
            .recv()
            .await
            .inspect_err(|error| tracing::warn!(%error))
            .or_else(|error| if error.is_disconnect() { Ok(None) } else { Err(error) })?;
        let Some(text) = received.as_ref().map(|message| message.as_text().unwrap_or("?")) else {
            break;
        };
        socket.send(text).await.map_err(|error| Error::new(format!("send: {error}"))).and_then(|()| {
            if text == "?" { Err(Error::close(CloseCode::UNSUPPORTED_DATA, "text only")) } else { Ok(()) }
        })?;
    }
    Ok(())
}

/// Nothing is returned: every error is looked at.
#[ws_endpoint("/errors/unit")]
async fn unit(handshake: Handshake) {
    let mut socket = match handshake.accept().await {
        Ok(socket) => socket,
        Err(error) => {
            tracing::info!(%error);
            return;
        }
    };
    loop {
        match socket.recv().await {
            Ok(Some(message)) => {
                if let Err(error) = socket.send(message).await {
                    tracing::info!(%error);
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => {
                tracing::info!(%error);
                break;
            }
        }
    }
}

/// A result is kept and looked at after the loop.
#[ws_endpoint("/errors/kept")]
async fn kept(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut outcome = Ok(());
    while outcome.is_ok() {
        let Some(message) = socket.recv().await? else { break };
        outcome = socket.send(message).await;
    }
    outcome
}

/// `?` in an argument, in a condition, in a `match`, in a range.
#[ws_endpoint("/errors/everywhere/{count}")]
async fn everywhere(handshake: Handshake, Path(count): Path<String>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    for round in 0..count.parse::<u8>()? {
        if socket.recv().await?.is_none_or(|message| message.is_empty()) {
            return Ok(());
        }
        socket.send(u32::from(round).checked_mul(2).ok_or(Error::new("too far"))?.to_string()).await?;
        match socket.recv().await? {
            Some(message) => {
                socket
                    .send(match message.as_text() {
                        Some(text) => text,
                        None => Err(Error::close(CloseCode::UNSUPPORTED_DATA, "text only"))?,
                    })
                    .await?
            }
            None => return Ok(()),
        }
    }
    Ok(())
}

/// `unwrap` and `expect` on what is not the socket's.
#[ws_endpoint("/errors/unwrap")]
async fn unwraps(handshake: Handshake) -> sockeye::Result {
    let name = handshake.uri().path().rsplit('/').next().unwrap().to_owned();
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::channel(1);
    tx.send(name).await.unwrap();
    let name = rx.recv().await.expect("just sent");
    socket.send(serde_json::to_string(&name).unwrap()).await?;
    socket.send(std::str::from_utf8(b"ok").expect("ascii")).await?;
    while let Some(message) = socket.recv().await? {
        let first = message.as_text().map(|text| text.chars().next().unwrap_or(' ')).unwrap_or_default();
        socket.send(String::from(first)).await?;
    }
    Ok(())
}

/// Bails by a macro of the user's own.
macro_rules! bail {
    ($code:expr, $($text:tt)*) => {
        return Err(Error::close($code, format!($($text)*)))
    };
}

/// `ensure!` by a macro of the user's own.
macro_rules! ensure {
    ($condition:expr, $text:literal) => {
        if !$condition {
            return Err(Error::status(StatusCode::BAD_REQUEST, $text));
        }
    };
}

/// Uses both.
#[ws_endpoint("/errors/bail")]
async fn bails(handshake: Handshake) -> sockeye::Result {
    ensure!(handshake.subprotocols().next().is_none(), "no subprotocols here");
    let mut socket = handshake.accept().await?;
    loop {
        let Some(message) = socket.recv().await? else { bail!(CloseCode::NORMAL, "the peer closed") };
        if message.len() > 100 {
            bail!(CloseCode::MESSAGE_TOO_BIG, "{} bytes", message.len());
        }
        socket.send(message).await?;
    }
}

/// A boxed error of the standard library in a helper.
async fn boxed(socket: &mut Socket) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    let message = socket.recv().await.map_err(|error| error.to_string())?.ok_or("closed")?;
    Ok(message.as_text().ok_or("binary")?.parse()?)
}

/// Uses it.
#[ws_endpoint("/errors/boxed")]
async fn boxed_errors(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let number = boxed(&mut socket).await.map_err(Error::from_boxed)?;
        socket.send(number.wrapping_add(1).to_string()).await?;
    }
}
