use std::fmt::Write;

use syn::Type;

use crate::{
    MESSAGE_TYPE,
    flow::{Flavor, Kind, handle_of},
    surroundings::Surroundings,
    syntax::{
        Endpoint, Function, Known, Parameter, Sink, generic_arguments, is_scalar, known, one_line, spelled,
    },
};

/// A number or a string in the place of the codec. Without the file, the tokens show nothing about other types.
pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(first) = endpoint.function().and_then(|function| function.parameters.first()) else { return };
    let [codec] = generic_arguments(first.ty())[..] else { return };
    let is_handshake = known(first.ty()) == Some(Known::Handshake);
    if let Some(name) = spelled(codec).filter(|name| is_handshake && (is_scalar(name) || name == "String")) {
        report_message(codec, &name, sink);
    }
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
    report_message(codec, &name, sink);
}

fn report_message(codec: &Type, name: &str, sink: &mut Sink) {
    let message = format!("`{name}` is not a codec: it does not define how messages are read and written");
    let help = format!("for JSON write `Handshake<Json<{name}>>`, with `use sockeye::Json;`");
    sink.report(&MESSAGE_TYPE, codec, message, help).untyped();
}

fn is_of_axum(codec: &Type, sink: &mut Sink) {
    let inner = generic_arguments(codec).first().map_or_else(|| "T".to_owned(), |ty| one_line(*ty));
    let message = "`axum::Json` reads the body of a request: it is not a codec for messages";
    let help =
        format!("write `Handshake<sockeye::Json<{inner}>>`; messages are then sent and received as they are");
    sink.report(&MESSAGE_TYPE, codec, message, help).untyped();
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
        sink.report(&MESSAGE_TYPE, at, message, help).untyped();
    }
}

/// The name that is all of a type.
fn only_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}
