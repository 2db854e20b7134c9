//! What types report what the client sent: serde has checked it against them.

use std::rc::Rc;

use quote::ToTokens;
use syn::{Expr, GenericArgument, PathArguments, PathSegment, Type};

use crate::syntax::{generic_arguments, is_called, is_scalar, peel, segments};

/// The name of a JSON value of any kind, which gives `null` for what is not there.
pub(crate) const VALUE: &str = "Value";

/// Types that are indexed by a key.
pub(crate) const MAPS: [&str; 4] = ["HashMap", "BTreeMap", "IndexMap", "FxHashMap"];

/// The messages of a `Handshake<Json<In, Out>>`, `Socket<Json<In>>` or a half of one.
pub(super) fn message(handle: &Type) -> Option<Rc<str>> {
    let handle = match peel(handle) {
        Type::Reference(lent) => &lent.elem,
        other => other,
    };
    let codec = *generic_arguments(handle).first()?;
    generic_arguments(codec).first().filter(|_| is_called(codec, "Json")).map(|message| text(*message))
}

/// The type in an `Option` or a `Result`; otherwise the type itself.
pub(super) fn unwrapped(ty: &Rc<str>) -> Rc<str> {
    match (name_of(ty), parsed(ty)) {
        ("Option" | "Result", Some(ty)) => {
            generic_arguments(&ty).first().map_or_else(|| text(&ty), |one| text(*one))
        }
        _ => Rc::clone(ty),
    }
}

/// The type of one of several.
pub(super) fn element(ty: &Rc<str>) -> Option<Rc<str>> {
    if name_of(ty) == VALUE {
        return Some(Rc::clone(ty));
    }
    match peel(&parsed(ty)?) {
        Type::Array(array) => Some(text(&array.elem)),
        Type::Slice(slice) => Some(text(&slice.elem)),
        Type::Reference(lent) => element(&text(&lent.elem)),
        many @ Type::Path(_) => generic_arguments(many).last().map(|one| text(*one)),
        _ => None,
    }
}

/// The type of one place of a tuple.
pub(super) fn place(ty: &Rc<str>, index: usize) -> Option<Rc<str>> {
    match peel(&parsed(ty)?) {
        Type::Tuple(tuple) => tuple.elems.iter().nth(index).map(|one| text(one)),
        _ => None,
    }
}

/// The first type between the angle brackets of `parse::<u8>`.
pub(super) fn turbofish(arguments: &PathArguments) -> Option<Rc<str>> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    arguments.args.iter().find_map(|one| match one {
        GenericArgument::Type(Type::Infer(_)) => None,
        GenericArgument::Type(ty) => Some(text(ty)),
        _ => None,
    })
}

/// What `parse::<u8>` or `from_str::<Command>` reads, whether called or given away; `<[u8; 4]>::try_from`, too.
pub(super) fn read_by(function: &Expr) -> Option<Rc<str>> {
    let Expr::Path(path) = function else { return None };
    if let Some(of) = &path.qself {
        return Some(text(&of.ty));
    }
    let by_last = path.path.segments.last().and_then(|last| turbofish(&last.arguments));
    by_last.or_else(|| {
        let is_type = |one: &&PathSegment| {
            one.ident.to_string().starts_with(char::is_uppercase) || is_scalar(&one.ident.to_string())
        };
        path.path.segments.iter().rev().nth(1).filter(is_type).map(|one| text(one))
    })
}

/// Whether it says how many there are: `[f64; 3]`.
pub(crate) fn is_array(ty: &str) -> bool {
    let ty = ty.trim_start_matches(['&', ' ']);
    ty.starts_with('[') && ty.contains(';')
}

/// The last name of the path of a type, before its own arguments.
pub(crate) fn name_of(ty: &str) -> &str {
    let path = ty.trim_start_matches(['&', ' ']).split(['<', '[', '(']).next().unwrap_or_default();
    segments::last(path).trim()
}

fn parsed(ty: &str) -> Option<Type> {
    syn::parse_str(ty).ok()
}

fn text(ty: &dyn ToTokens) -> Rc<str> {
    ty.to_token_stream().to_string().into()
}
