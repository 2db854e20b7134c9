//! What the name of a type shows, and how certain that is.

use crate::syntax::segments;
use syn::{GenericArgument, PathArguments, PathSegment, Type, TypePath, visit::Visit};

/// A type whose name is known to belong to axum or to Sockeye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// `sockeye::Handshake`.
    Handshake,
    /// axum's `WebSocketUpgrade` or `WebSocket`.
    RawUpgrade,
    /// Takes the body of the request.
    Body,
    /// `Path`: reads the parameters of the route.
    Path,
    /// Can read the path without being `Path`, or contain what a layer has read from it.
    PathReader,
    /// Reads another part of the head.
    Head,
    /// Certainly not an extractor: a number, `bool`, `char`, `()`.
    Plain,
}

/// The type without parentheses and the invisible groups of macros.
pub fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => peel(&inner.elem),
        Type::Group(inner) => peel(&inner.elem),
        other => other,
    }
}

fn path(ty: &Type) -> Option<&TypePath> {
    match peel(ty) {
        Type::Path(path) if path.qself.is_none() => Some(path),
        _ => None,
    }
}

/// The last segment of a type that is a path: `Json<T>` of `axum::Json<T>`.
pub fn last_segment(ty: &Type) -> Option<&PathSegment> {
    path(ty)?.path.segments.last()
}

/// Whether the last segment of the type has this name, whatever its path.
pub(crate) fn is_called(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|last| last.ident == name)
}

/// The types between the angle brackets of the last segment.
pub fn generic_arguments(ty: &Type) -> Vec<&Type> {
    let Some(PathArguments::AngleBracketed(arguments)) = last_segment(ty).map(|segment| &segment.arguments)
    else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// The path as written, without generic arguments: `axum::extract::Path`.
pub(crate) fn spelled(ty: &Type) -> Option<String> {
    let names: Vec<_> = path(ty)?.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    Some(names.join("::"))
}

/// Whether the type hides another one, as in `Result<(), impl Error>`.
pub fn has_impl_trait(ty: &Type) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut search = Search(false);
    search.visit_type(ty);
    search.0
}

/// The meaning of the name, if it is written bare or with the path of its known crate.
///
/// `crate::types::Json` is a type of the program, so it is unknown; an alias is unknown, too.
pub fn known(ty: &Type) -> Option<Known> {
    let spelled = spelled(ty)?;
    let (before, name) = segments::split_last(&spelled).unwrap_or(("", &spelled));
    let (known, crates) = by_name(name)?;
    let root = segments::first(before);
    (root.is_empty() || crates.contains(&root)).then_some(known)
}

const AXUM: &[&str] = &["axum", "axum_extra", "axum_core", "extract"];

fn by_name(name: &str) -> Option<(Known, &'static [&'static str])> {
    let (known, crates): (_, &[&str]) = match name {
        "Handshake" => (Known::Handshake, &["sockeye"]),
        "WebSocketUpgrade" | "WebSocket" => (Known::RawUpgrade, &["axum", "ws", "extract"]),
        "Json" | "Form" | "Multipart" => (Known::Body, AXUM),
        "Body" | "Request" => (Known::Body, &["axum", "http", "extract", "body"]),
        "Bytes" => (Known::Body, &["axum", "bytes", "body"]),
        "String" => (Known::Body, &["std", "alloc"]),
        "Path" => (Known::Path, AXUM),
        "Uri" | "OriginalUri" | "RawPathParams" | "MatchedPath" | "NestedPath" | "Extension" | "Parts" => {
            (Known::PathReader, &["axum", "http", "extract"])
        }
        "State" | "Query" | "RawQuery" | "ConnectInfo" | "HeaderMap" | "Method" | "Version" => {
            (Known::Head, &["axum", "axum_extra", "http", "extract"])
        }
        _ if is_scalar(name) => (Known::Plain, &[]),
        _ => return None,
    };
    Some((known, crates))
}

/// Whether it is the name of a type that deserializes from exactly one string.
pub(crate) fn is_scalar(name: &str) -> bool {
    const NUMBERS: [&str; 16] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64",
        "bool", "char",
    ];
    NUMBERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_bare_and_by_their_own_crate() {
        for (text, expected) in [
            ("Handshake", Some(Known::Handshake)),
            ("sockeye::Handshake<Json<A, B>>", Some(Known::Handshake)),
            ("(Handshake)", Some(Known::Handshake)),
            ("other::Handshake", None),
            ("Json<T>", Some(Known::Body)),
            ("axum::Json<T>", Some(Known::Body)),
            ("crate::types::Json<T>", None),
            ("std::string::String", Some(Known::Body)),
            ("axum::extract::ws::WebSocketUpgrade", Some(Known::RawUpgrade)),
            ("extract::Path<u64>", Some(Known::Path)),
            ("std::path::Path", None),
            ("u64", Some(Known::Plain)),
            ("Anything", None),
            ("<T as Trait>::Path", None),
            ("&Handshake", None),
            ("my_type!()", None),
        ] {
            let ty: Type = syn::parse_str(text).unwrap();
            assert_eq!(known(&ty), expected, "{text}");
        }
    }
}
