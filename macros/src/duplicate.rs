//! Two endpoints of one crate with the same route.
//!
//! The compiler expands all macros of a crate in one process, so the places of the routes so far are kept, and the error
//! for the second endpoint with a route shows where the first is. In an editor the process outlives the text: an entry
//! counts only while it is still in its file.
//!
//! If no file can be read, and between endpoints under `#[cfg(..)]`, rustc finds the conflict: exported macros share one
//! list of names for the whole crate, and each endpoint exports one that is named after its route. It is never called.

use std::{cell::RefCell, collections::HashMap, env, path::PathBuf};

use proc_macro2::{LineColumn, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use sockeye_rules::syntax::{Endpoint, Function, Route};

use crate::{report::name_at, source};

/// The place of an endpoint.
#[derive(Clone, PartialEq)]
struct Seen {
    path: PathBuf,
    /// As shown by the compiler.
    file: String,
    place: LineColumn,
    route: String,
    name: String,
}

thread_local! {
    /// By crate, shape of the route, and group.
    static SEEN: RefCell<HashMap<[String; 4], Seen>> = RefCell::default();
}

/// The error if another endpoint of the crate has the route.
pub(crate) fn error(endpoint: &Endpoint) -> Option<TokenStream> {
    let (function, route) = (endpoint.function()?, endpoint.route()?);
    if function.attrs.iter().any(|attr| attr.path().is_ident("cfg")) {
        return None;
    }
    let here = seen(function, route)?;
    let first = first(key(endpoint, route), here.clone())?;
    // The same message as in the server's report and on the command line.
    let text = format!(
        "[duplicate_route] endpoints `{}` and `{}` have the same route\n\
         note: {} is already the route of `{}`, at {}:{}\n\
         help: change one of the routes, or put the endpoints into different groups with `group = \"..\"`",
        first.name, here.name, first.route, first.name, first.file, first.place.line
    );
    let arguments = quote_spanned!(route.literal.span()=> { #text });
    Some(quote_spanned!(route.literal.span()=> ::core::compile_error! #arguments))
}

fn key(endpoint: &Endpoint, route: &Route) -> [String; 4] {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let group = endpoint.options.group.as_ref().map(syn::LitStr::value).unwrap_or_default();
    [variable("CARGO_MANIFEST_DIR"), variable("CARGO_CRATE_NAME"), route.shape(), group]
}

fn seen(function: &Function, route: &Route) -> Option<Seen> {
    let span = route.literal.span();
    Some(Seen {
        path: span.local_file()?,
        file: span.file(),
        place: span.start(),
        route: route.literal.to_token_stream().to_string(),
        name: function.name().to_string(),
    })
}

/// The endpoint that had this route before; if there was none, this one is stored.
fn first(key: [String; 4], here: Seen) -> Option<Seen> {
    SEEN.with_borrow_mut(|all| match all.get(&key) {
        Some(first) if *first != here && still_stands(first) => Some(first.clone()),
        _ => {
            all.insert(key, here);
            None
        }
    })
}

/// Whether the route is still at its place.
fn still_stands(seen: &Seen) -> bool {
    let line =
        || source::text_of(&seen.path)?.lines().nth(seen.place.line.checked_sub(1)?).map(str::to_owned);
    let rest = line().map(|line| line.chars().skip(seen.place.column).collect::<String>());
    rest.is_some_and(|rest| rest.starts_with(&seen.route))
}

pub(crate) fn marker(route: &Route, group: &str) -> TokenStream {
    let name = name_at(&name(&route.shape(), group), &route.literal);
    quote! {
        #[doc(hidden)]
        #[macro_export]
        #[allow(non_local_definitions)] // to be the same wherever the endpoint stands is what it is for
        macro_rules! #name { () => {} }
    }
}

/// A readable name, and a hash that distinguishes `/a_b` from `/a/b`.
fn name(shape: &str, group: &str) -> String {
    let words = shape.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let readable: Vec<_> = ["duplicate_route"].into_iter().chain(words).collect();
    format!("{}_{:016x}", readable.join("_"), hash(&[shape, "\0", group]))
}

/// FNV-1a: the name must be the same on every machine and with every compiler, which `std`'s hasher does not guarantee.
fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_shape_and_group() {
        let names =
            [name("/a_b", ""), name("/a/b", ""), name("/a/b", "x"), name("/a/{}", ""), name("/a/{*}", "")];
        for (index, one) in names.iter().enumerate() {
            assert!(!names[..index].contains(one), "{one}");
        }
        assert_eq!(name("/ws/{}", ""), name("/ws/{}", ""));
    }
}
