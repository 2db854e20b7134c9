use syn::Type;

use crate::{
    RETURN_TYPE,
    syntax::{Endpoint, Sink, one_line, peel},
};

/// Only what is certain from tokens: whether an alias stands for a `Result` is for the types to say.
pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(output) = endpoint.function().and_then(|function| function.output()) else { return };
    let Some(why) = fault(peel(output)) else { return };
    let message = format!("an endpoint cannot return `{}`: {why}", one_line(output));
    sink.report(&RETURN_TYPE, output, message, "write `-> sockeye::Result`").shape();
}

fn fault(output: &Type) -> Option<&'static str> {
    match output {
        Type::ImplTrait(_) => Some("there is no response to write once the socket is open"),
        Type::Never(_) => Some("every connection ends at some point"),
        Type::Reference(_) | Type::Array(_) | Type::Slice(_) => Some("no one would receive the value"),
        Type::Tuple(tuple) if !tuple.elems.is_empty() => Some("no one would receive the value"),
        _ => None,
    }
}
