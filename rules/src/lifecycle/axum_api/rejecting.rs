//! `reject(401, "why")`: in other libraries a status is a number.

use syn::{Expr, ExprMethodCall, Lit};

use super::scope;
use crate::{
    AXUM_API,
    flow::Flow,
    syntax::{Sink, one_line},
};

pub(super) fn check(flow: &Flow<'_>, call: &ExprMethodCall, sink: &mut Sink) {
    let (Some(first @ Expr::Lit(status)), Some(reason), 2) =
        (call.args.first(), call.args.get(1), call.args.len())
    else {
        return;
    };
    let Lit::Int(number) = &status.lit else { return };
    if !scope::has_no(flow, "reject") {
        return;
    }
    let name = number.base10_parse().ok().and_then(constant).unwrap_or("FORBIDDEN");
    let is_imported = flow.imports().resolve("StatusCode").ends_with("http::StatusCode");
    let path = if is_imported { "StatusCode" } else { "axum::http::StatusCode" };
    let help = format!("write `{}.reject({path}::{name}, {})`", one_line(&call.receiver), one_line(reason));
    sink.report(&AXUM_API, first, "a status is a `StatusCode`, not a number", help).untyped();
}

/// The constant of `StatusCode` for an error.
fn constant(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "BAD_REQUEST",
        401 => "UNAUTHORIZED",
        402 => "PAYMENT_REQUIRED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        406 => "NOT_ACCEPTABLE",
        408 => "REQUEST_TIMEOUT",
        409 => "CONFLICT",
        410 => "GONE",
        412 => "PRECONDITION_FAILED",
        413 => "PAYLOAD_TOO_LARGE",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        422 => "UNPROCESSABLE_ENTITY",
        423 => "LOCKED",
        426 => "UPGRADE_REQUIRED",
        428 => "PRECONDITION_REQUIRED",
        429 => "TOO_MANY_REQUESTS",
        451 => "UNAVAILABLE_FOR_LEGAL_REASONS",
        500 => "INTERNAL_SERVER_ERROR",
        501 => "NOT_IMPLEMENTED",
        502 => "BAD_GATEWAY",
        503 => "SERVICE_UNAVAILABLE",
        504 => "GATEWAY_TIMEOUT",
        _ => return None,
    })
}
