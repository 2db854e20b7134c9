use crate::{
    NOT_AN_EXTRACTOR,
    syntax::{Endpoint, Sink},
};

/// The most parameters that a handler can have beside its handshake, as with axum's own handlers.
const MOST: usize = 16;

/// Whether a type is an extractor is for the types to say; tokens can only count.
pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    let Some(first_too_many) = function.extractors().get(MOST) else { return };
    let count = function.extractors().len();
    let message = format!("{count} extractors are more than the {MOST} that an endpoint can have");
    let help = "put some of them in one struct and write `#[derive(axum::extract::FromRequestParts)]` on it";
    sink.report(&NOT_AN_EXTRACTOR, &first_too_many.node, message, help);
}
