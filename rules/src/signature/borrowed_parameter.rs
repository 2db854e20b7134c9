use syn::{GenericArgument, Lifetime, PathArguments, Type};

use crate::{
    BORROWED_PARAMETER,
    syntax::{Endpoint, Known, Sink, known, one_line, peel},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    for parameter in function.parameters.iter().filter(|parameter| borrows(parameter.ty())) {
        let written = one_line(parameter.ty());
        let message =
            format!("`{written}` is borrowed, but the connection outlives the request that it borrows from");
        let found = sink.report(&BORROWED_PARAMETER, &parameter.node.ty, message, help(parameter.ty()));
        if is_lent_handshake(parameter.ty()) {
            found.untyped(); // `accept` takes it by value
        }
    }
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
