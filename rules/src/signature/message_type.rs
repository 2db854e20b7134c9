use std::fmt::Write;

use syn::Type;

use crate::{
    MESSAGE_TYPE,
    flow::{Flavor, Kind, handle_of},
    surroundings::{Data, Surroundings},
    syntax::{
        Endpoint, Function, Known, Parameter, Sink, generic_arguments, is_scalar, known, one_line, peel,
        spelled,
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
    if handle_of(first, around.imports()) != Some((Flavor::Sockeye, Kind::Handshake)) {
        return;
    }
    let codec = match generic_arguments(first)[..] {
        [codec] => codec,
        [read, written] => return two_types(first, read, written, sink),
        _ => return,
    };
    let path = |ty: &Type| around.imports().resolve(&spelled(ty).unwrap_or_default());
    match path(codec).as_str() {
        "axum::Json" => is_of_axum(codec, sink),
        "sockeye::Json" => check_messages(codec, None, around, sink),
        _ => match only_name(codec).and_then(|name| around.alias(&name)) {
            Some(alias) if path(&alias) == "sockeye::Json" => {
                check_messages(&alias, Some(codec), around, sink);
            }
            Some(_) => {}
            None => is_message(codec, around, sink),
        },
    }
}

/// `Handshake<In, Out>`.
fn two_types(handshake: &Type, read: &Type, written: &Type, sink: &mut Sink) {
    let message = format!("`{}` has two types, but a handshake takes one codec", one_line(handshake));
    let help = format!(
        "for JSON write `Handshake<Json<{}, {}>>`, with `use sockeye::Json;`",
        one_line(read),
        one_line(written)
    );
    sink.report(&MESSAGE_TYPE, handshake, message, help).untyped();
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
    let inner: Vec<_> = generic_arguments(codec).iter().map(|ty| one_line(*ty)).collect();
    let inner = if inner.is_empty() { "T".to_owned() } else { inner.join(", ") };
    let message = "`axum::Json` reads the body of a request: it is not a codec for messages";
    let help =
        format!("write `Handshake<sockeye::Json<{inner}>>`; messages are then sent and received as they are");
    sink.report(&MESSAGE_TYPE, codec, message, help).untyped();
}

/// A type in `Json<In, Out>` that does not derive what serde needs. If an alias stands for the codec, `at` is its use.
fn check_messages(codec: &Type, at: Option<&Type>, around: &Surroundings, sink: &mut Sink) {
    let messages = generic_arguments(codec);
    let (Some(read), Some(written)) = (messages.first(), messages.last()) else { return };
    let reads = data_in(read, around).into_iter().find(|one| !one.data.reads);
    let reads = reads.map(|one| (one.name, at.unwrap_or(one.ty), "Deserialize", "read from"));
    let writes = data_in(written, around).into_iter().find(|one| !one.data.writes);
    let writes = writes.map(|one| (one.name, at.unwrap_or(one.ty), "Serialize", "written as"));
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

/// A type of the file, in the type of a message.
struct DataIn<'t> {
    name: String,
    data: Data,
    ty: &'t Type,
}

/// The types of the file in a type that serde reads and writes if it reads and writes those: `In` in `Vec<In>`.
fn data_in<'t>(ty: &'t Type, around: &Surroundings) -> Vec<DataIn<'t>> {
    const CONTAINERS: [&str; 10] = [
        "Vec",
        "Option",
        "Box",
        "std::boxed::Box",
        "std::vec::Vec",
        "std::collections::VecDeque",
        "std::collections::HashMap",
        "std::collections::BTreeMap",
        "std::collections::HashSet",
        "std::collections::BTreeSet",
    ];
    let inner: Vec<&Type> = match peel(ty) {
        Type::Tuple(tuple) => tuple.elems.iter().collect(),
        Type::Array(array) => vec![&array.elem],
        Type::Path(path) if CONTAINERS.contains(&around.imports().resolve_path(&path.path).as_str()) => {
            generic_arguments(ty)
        }
        _ => {
            let found = only_name(ty).and_then(|name| Some((around.data(&name)?, name)));
            return found.map(|(data, name)| DataIn { name, data, ty }).into_iter().collect();
        }
    };
    inner.into_iter().flat_map(|ty| data_in(ty, around)).collect()
}

/// The name that is all of a type.
fn only_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}
