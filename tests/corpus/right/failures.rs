//! Errors that fit the state of the connection.

use axum::{extract::Query, http::StatusCode};
use serde::Deserialize;
use sockeye::{CloseCode, Error, Handshake, Socket, ws_endpoint};

#[derive(Deserialize)]
struct Ticket {
    ticket: Option<String>,
}

/// A status before `accept`, a close code after it.
#[ws_endpoint("/fits/both")]
async fn both(handshake: Handshake, Query(query): Query<Ticket>) -> sockeye::Result {
    let ticket = query.ticket.ok_or_else(|| Error::status(StatusCode::UNAUTHORIZED, "no ticket"))?;
    let mut socket = handshake.accept().await?;
    socket.send(ticket).await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().ok_or_else(|| Error::close(CloseCode::UNSUPPORTED_DATA, "text only"))?;
        socket.send(text.to_uppercase()).await?;
    }
    Ok(())
}

fn authorize(handshake: &Handshake) -> sockeye::Result<u64> {
    let user = handshake.headers().get("x-user").and_then(|value| value.to_str().ok()?.parse().ok());
    user.ok_or(Error::status(StatusCode::UNAUTHORIZED, "who are you?"))
}

fn validate(text: &str) -> sockeye::Result {
    if text.is_empty() { Err(Error::close(CloseCode::POLICY_VIOLATION, "empty")) } else { Ok(()) }
}

/// Each function where it belongs.
#[ws_endpoint("/fits/helpers")]
async fn helpers(handshake: Handshake) -> sockeye::Result {
    let user = authorize(&handshake)?;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        validate(message.as_text().unwrap_or_default())?;
        tracing::debug!(user);
        socket.send(message).await?;
    }
    Ok(())
}

/// The handler makes another error of it.
#[ws_endpoint("/fits/replaced")]
async fn replaced(handshake: Handshake, Query(query): Query<Ticket>) -> sockeye::Result {
    let ticket = query.ticket.unwrap_or_default();
    if validate(&ticket).is_err() {
        return Err(handshake.reject(StatusCode::BAD_REQUEST, "an empty ticket"));
    }
    validate(&ticket).map_err(|error| Error::status(StatusCode::BAD_REQUEST, error))?;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if let Err(error) = authorize_message(message.as_text().unwrap_or_default()) {
            socket.send(error.to_string()).await?;
        }
    }
    Ok(())
}

fn authorize_message(text: &str) -> sockeye::Result {
    if text == "secret" { Ok(()) } else { Err(Error::status(StatusCode::FORBIDDEN, "not you")) }
}

/// A function with the program's own errors.
#[ws_endpoint("/fits/own")]
async fn own(handshake: Handshake) -> sockeye::Result {
    let plan = plan(3).map_err(|error| handshake_error(&error))?;
    let mut socket = handshake.accept().await?;
    greet(&mut socket, plan).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[derive(Debug)]
struct Failure(&'static str);

impl Failure {
    fn close(why: &'static str) -> Self {
        Self(why)
    }
}

fn plan(number: u8) -> Result<u8, Failure> {
    if number == 0 { Err(Failure::close("no plan")) } else { Ok(number) }
}

fn handshake_error(failure: &Failure) -> Error {
    Error::status(StatusCode::PAYMENT_REQUIRED, failure.0)
}

async fn greet(socket: &mut Socket, plan: u8) -> sockeye::Result {
    if plan > 9 {
        return Err(Error::close(CloseCode::POLICY_VIOLATION, "no such plan"));
    }
    socket.send(plan.to_string()).await
}

fn no_ticket() -> Error {
    Error::status(StatusCode::UNAUTHORIZED, "no ticket")
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::close(CloseCode::POLICY_VIOLATION, error)
}

/// Functions that make the errors, each for its side of `accept`.
#[ws_endpoint("/failures/made")]
async fn made(handshake: Handshake, Query(query): Query<Ticket>) -> sockeye::Result {
    let ticket = query.ticket.ok_or_else(no_ticket)?;
    if ticket.is_empty() {
        return Err(no_ticket());
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let number: u32 = message.as_text().unwrap_or_default().parse().map_err(unreadable)?;
        let next = number.checked_add(1).ok_or_else(|| unreadable("too large"))?;
        socket.send(next.to_string()).await?;
    }
    Ok(())
}

/// The same function for what is logged, and not returned.
#[ws_endpoint("/failures/made_for_the_log")]
async fn made_for_the_log(handshake: Handshake, Query(query): Query<Ticket>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    if let Err(error) = query.ticket.ok_or_else(no_ticket) {
        tracing::info!(%error);
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
