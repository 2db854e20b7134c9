//! An endpoint that is passed to axum's router, as axum's own handlers are.

use crate::{AXUM_API, flow::Flow, syntax::Sink};

const HELP: &str = "remove it from the router: `#[ws_endpoint]` registers its route; pass a router with axum's own routes to `Server::router`";

pub(super) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    let Some(by) = flow.routed() else { return };
    let name = flow.function.name();
    let message = format!("the endpoint `{name}` is passed to axum's `{by}`, which takes axum's handlers");
    sink.report(&AXUM_API, name, message, HELP).untyped();
}
