use std::fmt::Write;

use quote::ToTokens;
use syn::Type;

use crate::{
    MISSING_HANDSHAKE,
    flow::{Flavor, Imports, Kind, handle_of},
    surroundings::Surroundings,
    syntax::{
        Endpoint, Function, Known, Parameter, Sink, generic_arguments, known, last_segment, one_line, spelled,
    },
};

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

/// The codec in the type of the handshake, if the file shows that it cannot be one.
pub(crate) fn check_codec(function: &Function, around: &Surroundings, sink: &mut Sink) {
    let Some(first) = function.parameters.first().map(Parameter::ty) else { return };
    let [codec] = generic_arguments(first)[..] else { return };
    if handle_of(first, around.imports()) != Some((Flavor::Sockeye, Kind::Handshake)) {
        return;
    }
    match around.imports().resolve(&spelled(codec).unwrap_or_default()).as_str() {
        "axum::Json" => is_of_axum(codec, sink),
        "sockeye::Json" => check_messages(codec, around, sink),
        _ => is_message(codec, around, sink),
    }
}

/// The type of a message in the place of the codec.
fn is_message(codec: &Type, around: &Surroundings, sink: &mut Sink) {
    let Some(name) = only_name(codec).filter(|name| around.is_only_data(name)) else { return };
    let message = format!("`{name}` is not a codec: it does not define how messages are read and written");
    let help = format!("for JSON write `Handshake<Json<{name}>>`, with `use sockeye::Json;`");
    sink.report(&MISSING_HANDSHAKE, codec, message, help).untyped();
}

fn is_of_axum(codec: &Type, sink: &mut Sink) {
    let inner = generic_arguments(codec).first().map_or_else(|| "T".to_owned(), |ty| one_line(*ty));
    let message = "`axum::Json` reads the body of a request: it is not a codec for messages";
    let help =
        format!("write `Handshake<sockeye::Json<{inner}>>`; messages are then sent and received as they are");
    sink.report(&MISSING_HANDSHAKE, codec, message, help).untyped();
}

/// A type in `Json<In, Out>` that does not derive what serde needs.
fn check_messages(codec: &Type, around: &Surroundings, sink: &mut Sink) {
    let messages = generic_arguments(codec);
    let (Some(read), Some(written)) = (messages.first(), messages.last()) else { return };
    let data = |ty: &Type| only_name(ty).and_then(|name| Some((around.data(&name)?, name)));
    let reads =
        data(read).filter(|(data, _)| !data.reads).map(|(_, name)| (name, *read, "Deserialize", "read from"));
    let writes = data(written).filter(|(data, _)| !data.writes);
    let writes = writes.map(|(_, name)| (name, *written, "Serialize", "written as"));
    let both = matches!((&reads, &writes), (Some((one, ..)), Some((other, ..))) if one == other);
    for (name, at, derive, how) in reads.into_iter().chain(writes.filter(|_| !both)) {
        let message = format!("`{name}` cannot be {how} JSON: it does not implement serde's `{derive}`");
        let derives =
            if both { "serde::Serialize, serde::Deserialize".to_owned() } else { format!("serde::{derive}") };
        let mut help = format!("write `#[derive({derives})]` on `{name}`, and on every type of yours in it");
        if messages.len() == 1 && derive == "Serialize" {
            // Writing to a string cannot fail.
            let _ = write!(
                help,
                "; one type is used in both directions: if nothing is sent, write `Json<{name}, ()>`"
            );
        }
        sink.report(&MISSING_HANDSHAKE, at, message, help).untyped();
    }
}

/// The name that is all of a type.
fn only_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
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
