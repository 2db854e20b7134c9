//! The refusals that are not decided by a check: by the handler, by its failure, and by shutdown.

use std::time::Duration;

use http::StatusCode;
use sockeye_rules::{
    HANDLER_ERROR, HANDLER_PANIC, HANDLER_REFUSED, NEVER_ACCEPTED, SHUTTING_DOWN, UPGRADE_STRIPPED,
};

use crate::{Error, log::Words, refusal::Refusal};

/// The refusal of a server that takes no new connections.
pub(super) fn stopping() -> Refusal {
    Refusal::of_server(
        &SHUTTING_DOWN,
        StatusCode::SERVICE_UNAVAILABLE,
        "the server is stopping and accepts no new connections",
        "connect again later, or to another instance",
    )
    .telling("the server is stopping; connect again later")
}

pub(super) fn upgrade_lost() -> Refusal {
    Refusal::of_server(
        &UPGRADE_STRIPPED,
        StatusCode::INTERNAL_SERVER_ERROR,
        "the connection behind the request cannot be upgraded",
        "serve with `Server::serve` or `axum::serve`, and keep the extensions of the request in every layer that builds a new one",
    )
}

/// A refusal with the handler's reason, which is sent to the client.
pub(super) fn by_handler(status: StatusCode, reason: String) -> Refusal {
    let rule = &HANDLER_REFUSED;
    let remedy = "the handler rejected this client; if the client should be accepted, change the condition in the handler";
    let told = reason.clone();
    let reason = Words::foreign(reason);
    if status.is_client_error() || status.is_server_error() {
        return Refusal::of_client(rule, status, reason, remedy).telling(told);
    }
    let reason = reason.then(format!(" (the handler rejected with {status}, which is not an error status)"));
    let remedy = "reject with a status from 400 to 599";
    Refusal::of_server(rule, StatusCode::INTERNAL_SERVER_ERROR, reason, remedy).telling(told)
}

pub(super) fn never_accepted() -> Refusal {
    Refusal::of_server(
        &NEVER_ACCEPTED,
        StatusCode::INTERNAL_SERVER_ERROR,
        "the handler returned without accepting or rejecting the handshake",
        "call `handshake.accept().await?` on every path that serves the client, and `handshake.reject(..)` on every other path",
    )
}

pub(super) fn too_late(limit: Duration) -> Refusal {
    Refusal::of_server(
        &NEVER_ACCEPTED,
        StatusCode::SERVICE_UNAVAILABLE,
        Words::own(format!("the handler neither accepted nor rejected the handshake within {limit:?}")),
        "call `accept` before slow work, or raise `Limits::handshake_timeout`",
    )
}

pub(super) fn panicked(message: String) -> Refusal {
    Refusal::of_server(
        &HANDLER_PANIC,
        StatusCode::INTERNAL_SERVER_ERROR,
        Words::own("the handler panicked before it accepted: ").then_foreign(message),
        "return an error instead of panicking: `?` turns any error into a refusal",
    )
}

pub(super) fn failed(error: &Error) -> Refusal {
    Refusal::of_server(
        &HANDLER_ERROR,
        StatusCode::INTERNAL_SERVER_ERROR,
        Words::own("the handler failed before it accepted: ").then_error(error),
        "if the client is at fault, return `handshake.reject(status, reason)` or `Error::status(..)`",
    )
}
