use syn::Type;

use crate::{
    UNDOCUMENTED_ENDPOINT,
    flow::{Flow, has_word},
    syntax::{Parameter, Sink, generic_arguments, one_line, spelled},
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if !flow.is_endpoint || flow.function.attrs.iter().any(says_something) {
        return;
    }
    let name = flow.function.name();
    let message = format!("the endpoint `{name}` has no documentation");
    let help = format!(
        "write its purpose and its messages above the attribute: /// What it is for. {}",
        messages(flow)
    );
    sink.report(&UNDOCUMENTED_ENDPOINT, name, message, help);
}

/// A doc comment, or an attribute that disables the check.
fn says_something(attr: &syn::Attribute) -> bool {
    has_word(attr, &["doc", "missing_docs"])
}

/// For a codec whose messages only its author knows.
const UNKNOWN: &str = "Receives .., and sends ..";

/// A sentence on the messages, as far as the type of the handshake shows them.
fn messages(flow: &Flow<'_>) -> String {
    let first = flow.function.parameters.first().map(Parameter::ty);
    let codec = first.map(generic_arguments).unwrap_or_default();
    let [codec] = codec[..] else { return UNKNOWN.to_owned() };
    if flow.imports().resolve(&spelled(codec).unwrap_or_default()) != "sockeye::Json" {
        return UNKNOWN.to_owned();
    }
    match generic_arguments(codec)[..] {
        [both] => format!("Receives and sends {}.", written(both)),
        [received, sent] if is_nothing(received) => format!("Sends {}.", written(sent)),
        [received, sent] if is_nothing(sent) => format!("Receives {}.", written(received)),
        [received, sent] => format!("Receives {} and sends {}.", written(received), written(sent)),
        _ => UNKNOWN.to_owned(),
    }
}

/// A type whose messages have no content.
fn is_nothing(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
        || spelled(ty).is_some_and(|name| name.ends_with("IgnoredAny"))
}

fn written(ty: &Type) -> String {
    format!("`{}`", one_line(ty))
}
