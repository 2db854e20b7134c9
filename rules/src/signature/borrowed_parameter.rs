use syn::{GenericArgument, Lifetime, PathArguments, Type};

use crate::{
    BORROWED_PARAMETER,
    syntax::{Endpoint, Known, Sink, generic_arguments, known, one_line, peel, spelled},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    for parameter in function.parameters.iter().filter(|parameter| borrows(parameter.ty())) {
        let ty = parameter.ty();
        if known(ty) == Some(Known::Handshake) {
            check_messages(ty, sink);
            continue;
        }
        let written = one_line(ty);
        let is_handshake = is_lent_handshake(ty);
        let message = if is_handshake {
            format!("an endpoint takes its handshake by value, not as `{written}`: `accept` consumes it")
        } else {
            format!("`{written}` is borrowed, but the connection outlives the request that it borrows from")
        };
        let found = sink.report(&BORROWED_PARAMETER, &parameter.node.ty, message, help(ty));
        if is_handshake {
            found.untyped();
        }
    }
}

/// `Handshake<Json<In<'_>, String>>`, `Handshake<Json<&str>>`: `recv` would return what borrows from a message that is gone.
fn check_messages(handshake: &Type, sink: &mut Sink) {
    let Some(lent) = first_borrow(handshake) else { return };
    let message = format!(
        "`{}` borrows from the message that it is read from, but `recv` returns a value that owns everything",
        one_line(lent)
    );
    let write = format!("write `{}`", owned(handshake));
    let help = match spelled(lent) {
        Some(name) => format!(
            "remove the lifetime from `{name}`, with `String` in place of `&str` in its fields, and {write}"
        ),
        None => write,
    };
    sink.report(&BORROWED_PARAMETER, lent, message, help).untyped();
}

/// The innermost type that borrows.
fn first_borrow(ty: &Type) -> Option<&Type> {
    let inner: Vec<&Type> = match peel(ty) {
        Type::Tuple(tuple) => tuple.elems.iter().collect(),
        Type::Array(array) => vec![&array.elem],
        Type::Path(_) => generic_arguments(ty),
        _ => Vec::new(),
    };
    inner.into_iter().find_map(first_borrow).or_else(|| Some(ty).filter(|ty| borrows(ty)))
}

/// Whether a value of the type borrows from something that is not `'static`. The lifetimes in the type of a function or
/// of a trait object are its own, and are fine.
fn borrows(ty: &Type) -> bool {
    match peel(ty) {
        Type::Reference(reference) => {
            reference.lifetime.as_ref().is_none_or(is_borrow) || borrows(&reference.elem)
        }
        Type::Tuple(tuple) => tuple.elems.iter().any(borrows),
        Type::Array(array) => borrows(&array.elem),
        Type::Slice(slice) => borrows(&slice.elem),
        Type::Path(path) => path.path.segments.iter().any(|segment| argument_borrows(&segment.arguments)),
        _ => false,
    }
}

fn argument_borrows(arguments: &PathArguments) -> bool {
    let PathArguments::AngleBracketed(arguments) = arguments else { return false };
    arguments.args.iter().any(|argument| match argument {
        GenericArgument::Lifetime(lifetime) => is_borrow(lifetime),
        GenericArgument::Type(ty) => borrows(ty),
        _ => false,
    })
}

fn is_borrow(lifetime: &Lifetime) -> bool {
    lifetime.ident != "static"
}

fn help(ty: &Type) -> String {
    let Type::Reference(reference) = peel(ty) else { return format!("write `{}`", owned(ty)) };
    let inner = one_line(&reference.elem);
    if inner == "str" {
        "take an owned `String` from an extractor, as in `Path(name): Path<String>`".to_owned()
    } else {
        format!("write `{inner}`")
    }
}

fn is_lent_handshake(ty: &Type) -> bool {
    matches!(peel(ty), Type::Reference(reference) if known(&reference.elem) == Some(Known::Handshake))
}

/// The type with owned strings instead of borrowed ones, and without other borrows.
fn owned(ty: &Type) -> String {
    let text = one_line(ty).replace("Cow<'_, str>", "String").replace("&str", "String");
    text.replace("&mut ", "").replace('&', "").replace("<'_>", "").replace("'_, ", "")
}
