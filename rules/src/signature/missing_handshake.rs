use crate::{
    MISSING_HANDSHAKE,
    flow::{Flavor, Imports, Kind, handle_of},
    syntax::{Endpoint, Function, Known, Parameter, Sink, known, last_segment, one_line},
};
use quote::ToTokens;

/// Only certain cases: an alias of `Handshake` can have any name, and is checked by type.
pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function().filter(|function| function.receiver.is_none()) else { return };
    let message = format!("the endpoint `{}` has no handshake parameter", function.name());
    match function.parameters.first() {
        None => sink.report(&MISSING_HANDSHAKE, function.name(), message, help(function)).shape(),
        Some(first) if is_something_else(first) && !stands_later(function) => {
            sink.report(&MISSING_HANDSHAKE, &first.node.ty, message, help(function)).shape()
        }
        Some(_) => return,
    };
}

/// Reports a first parameter that is a socket, or a half of one, according to the imports of its file. Returns whether
/// it is.
pub(crate) fn check_handle(function: &Function, imports: &Imports, sink: &mut Sink) -> bool {
    let Some(first) = function.parameters.first() else { return false };
    let Some((Flavor::Sockeye, kind)) = handle_of(first.ty(), imports) else { return false };
    let is_socket = kind != Kind::Handshake;
    if is_socket && !stands_later(function) {
        let written = one_line(first.ty());
        let message =
            format!("an endpoint takes a `Handshake`, not a `{written}`: there is no socket before `accept`");
        let codec = last_segment(first.ty()).map(|last| last.arguments.to_token_stream());
        let codec = codec.map_or_else(String::new, |codec| one_line(&codec));
        let (pattern, halves) = match kind {
            Kind::Socket => (one_line(&first.node.pat), ""),
            _ => ("(sender, mut receiver)".to_owned(), ".split()"),
        };
        let help = format!(
            "write `handshake: Handshake{codec}`, and begin with `let {pattern} = handshake.accept().await?{halves};`"
        );
        sink.report(&MISSING_HANDSHAKE, &first.node, message, help);
    }
    is_socket
}

fn is_something_else(first: &Parameter) -> bool {
    matches!(known(first.ty()), Some(Known::Path | Known::PathReader | Known::Head | Known::Plain))
}

/// Then it is misplaced, not missing.
fn stands_later(function: &Function) -> bool {
    function.extractors().iter().any(|parameter| known(parameter.ty()) == Some(Known::Handshake))
}

fn help(function: &Function) -> String {
    let rest = function.parameters.iter().map(extractor);
    let all: Vec<_> = std::iter::once("handshake: Handshake".to_owned()).chain(rest).collect();
    format!("write `{}({})`", function.name(), all.join(", "))
}

/// A plain value instead of an extractor is nearly always a parameter of the route.
fn extractor(parameter: &Parameter) -> String {
    match parameter.binding() {
        Some(name) if known(parameter.ty()) == Some(Known::Plain) => {
            format!("Path({name}): Path<{}>", one_line(parameter.ty()))
        }
        _ => parameter.text(),
    }
}
