use crate::{
    NOT_AN_EXTRACTOR,
    syntax::{Endpoint, Sink},
};

/// The maximum number of parameters after the handshake, as for axum's own handlers.
const MOST: usize = 16;

/// Whether a type is an extractor is checked by type; tokens can only be counted.
pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    let Some(first_too_many) = function.extractors().get(MOST) else { return };
    let count = function.extractors().len();
    let message = format!("an endpoint can have at most {MOST} extractors, not {count}");
    let help = "move some of them into one struct with `#[derive(axum::extract::FromRequestParts)]`";
    sink.report(&NOT_AN_EXTRACTOR, &first_too_many.node, message, help);
}
