//! Errors that are made for the wrong state of the connection, in closures and in functions that are called.

use axum::{extract::Query, http::StatusCode};
use serde::Deserialize;
use sockeye::{CloseCode, Error, Handshake, Socket, ws_endpoint};

#[derive(Deserialize)]
struct Ticket {
    ticket: Option<String>,
    plan: Option<u8>,
}

/// A closure makes it.
#[ws_endpoint("/failures/or_else")]
async fn or_else(handshake: Handshake, Query(query): Query<Ticket>) -> sockeye::Result {
    let ticket = query.ticket.ok_or_else(|| Error::close(CloseCode::UNAUTHORIZED, "no ticket"))?; //~ io_before_accept
    let mut socket = handshake.accept().await?;
    socket.send(ticket).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// In advance.
#[ws_endpoint("/failures/eager")]
async fn eager(handshake: Handshake, Query(query): Query<Ticket>) -> sockeye::Result {
    let plan = query.plan.ok_or(Error::close(CloseCode::POLICY_VIOLATION, "no plan"))?; //~ io_before_accept
    let mut socket = handshake.accept().await?;
    socket.send(plan.to_string()).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// With a question mark of its own.
#[ws_endpoint("/failures/question")]
async fn question(handshake: Handshake, Query(query): Query<Ticket>) -> sockeye::Result {
    match query.plan {
        Some(_) => {}
        None => Err(Error::close(CloseCode::POLICY_VIOLATION, "pay first"))?, //~ io_before_accept
    }
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

fn authorize(handshake: &Handshake) -> sockeye::Result<u64> {
    let user = handshake.headers().get("x-user").and_then(|value| value.to_str().ok()?.parse().ok());
    user.ok_or_else(|| Error::close(CloseCode::UNAUTHORIZED, "who are you?"))
}

/// A function makes it.
#[ws_endpoint("/failures/helper")]
async fn helper(handshake: Handshake) -> sockeye::Result {
    let user = authorize(&handshake)?; //~ io_before_accept
    let mut socket = handshake.accept().await?;
    while let Some(line) = socket.recv().await? {
        tracing::info!(user, bytes = line.len());
        socket.send(line).await?;
    }
    Ok(())
}

/// A number that does not parse.
#[ws_endpoint("/failures/number")]
async fn number(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let number: u32 = text.parse().map_err(|_| Error::status(StatusCode::BAD_REQUEST, "no number"))?; //~ accepted_twice
        socket.send(number.to_string()).await?;
    }
    Ok(())
}

fn validate(text: &str) -> sockeye::Result {
    if text.len() > 100 {
        return Err(Error::status(StatusCode::PAYLOAD_TOO_LARGE, "too long"));
    }
    Ok(())
}

/// A function that judges messages.
#[ws_endpoint("/failures/validated")]
async fn validated(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        validate(message.as_text().unwrap_or_default())?; //~ accepted_twice
        socket.send(message).await?;
    }
    Ok(())
}

async fn login(socket: &mut Socket) -> sockeye::Result<String> {
    let Some(first) = socket.recv().await? else { return Ok(String::new()) };
    match first.as_text() {
        Some(name) if name.len() > 2 => Ok(name.to_owned()),
        _ => Err(Error::status(StatusCode::UNAUTHORIZED, "log in first")),
    }
}

/// A login on the socket.
#[ws_endpoint("/failures/login")]
async fn logs_in(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let limit = std::time::Duration::from_secs(5);
    let name = tokio::time::timeout(limit, login(&mut socket)).await.unwrap_or_else(|_| Ok(String::new()))?;
    let again = login(&mut socket).await?; //~ accepted_twice
    socket.send(format!("{name} {again}")).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn no_result(number: u8) -> Error {
    Error::status(StatusCode::NOT_FOUND, format!("no result {number}"))
}

fn no_number(_: std::num::ParseIntError) -> Error {
    tracing::info!("no number");
    Error::status(StatusCode::BAD_REQUEST, "no number")
}

/// A function that makes the error, in a closure.
#[ws_endpoint("/failures/made_in_closure")]
async fn made(handshake: Handshake, Query(query): Query<Ticket>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let ticket = query.ticket.ok_or_else(|| no_result(1))?; //~ accepted_twice
    socket.send(ticket).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Its path.
#[ws_endpoint("/failures/made_by_path")]
async fn made_by_path(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let number: u32 = message.as_text().unwrap_or_default().parse().map_err(no_number)?; //~ accepted_twice
        socket.send(number.to_string()).await?;
    }
    Ok(())
}

/// Returned.
#[ws_endpoint("/failures/made_and_returned")]
async fn made_and_returned(handshake: Handshake, Query(query): Query<Ticket>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(plan) = query.plan else {
        return Err(no_result(0)); //~ accepted_twice
    };
    socket.send(plan.to_string()).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}
