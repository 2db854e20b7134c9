use crate::{
    DUPLICATE_HANDSHAKE,
    syntax::{Endpoint, Known, Sink, known, spelled},
};

/// Two parameters with the same path have the same type; `other::Handshake` beside `Handshake` may be anything.
pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    let Some(first) = function.parameters.first().filter(|first| known(first.ty()) == Some(Known::Handshake))
    else {
        return;
    };
    for again in function.extractors().iter().filter(|later| spelled(later.ty()) == spelled(first.ty())) {
        let message = format!("the endpoint `{}` takes more than one handshake", function.name());
        let help = format!("remove `{}`: a connection has one handshake", again.text());
        sink.report(&DUPLICATE_HANDSHAKE, &again.node, message, help).shape();
    }
}
