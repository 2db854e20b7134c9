use crate::{
    NOT_A_FUNCTION,
    syntax::{Endpoint, Item, Sink},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Item::Other(other) = &endpoint.item else { return };
    let message = format!("`#[ws_endpoint]` can only be applied to an `async fn`, not to {}", other.what);
    sink.report(
        &NOT_A_FUNCTION,
        &other.at,
        message,
        "move the attribute to the function that handles the connection",
    )
    .shape();
}
