//! An `.await` too many: after `reject`, which returns the error itself, and in a branch of `select!`, which awaits its futures.

use syn::{Expr, ExprAwait, Pat};

use super::scope;
use crate::{
    AXUM_API,
    flow::Flow,
    syntax::{Sink, one_line},
};

/// `handshake.reject(..).await`
pub(super) fn check_reject(flow: &Flow<'_>, awaited: &ExprAwait, sink: &mut Sink) {
    if !scope::has_no(flow, "reject") {
        return;
    }
    let call = one_line(&awaited.base);
    let message = "`reject` returns an error: there is nothing to await";
    let help = if flow.can_fail() {
        format!("write `return Err({call});`")
    } else {
        format!("write `{call};`, and `return;` after it")
    };
    sink.report(&AXUM_API, &awaited.await_token, message, help).untyped();
}

/// `message = socket.recv().await => ..`
pub(super) fn check_branch(pattern: &Pat, future: &Expr, sink: &mut Sink) {
    let Expr::Await(awaited) = future else { return };
    let message = "`select!` awaits the futures of its branches itself, and this one is awaited already";
    let help = format!("write `{} = {} => ..`", one_line(pattern), one_line(&awaited.base));
    sink.report(&AXUM_API, &awaited.await_token, message, help).untyped();
}
