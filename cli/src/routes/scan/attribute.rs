//! Reads attributes: which one makes an endpoint, and which ones may take it away.

use proc_macro2::TokenStream;
use sockeye_rules::syntax::one_line;
use syn::{Attribute, Meta, Path, Token, punctuated::Punctuated};

const NAME: &str = "ws_endpoint";

/// The attribute of an endpoint and its arguments, also where a `cfg_attr` brings it.
pub(super) fn endpoint(attributes: &[Attribute]) -> Option<(&Attribute, TokenStream)> {
    attributes.iter().find_map(|attribute| Some((attribute, arguments(attribute)?)))
}

fn arguments(attribute: &Attribute) -> Option<TokenStream> {
    if !attribute.path().is_ident("cfg_attr") {
        return of_endpoint(&attribute.meta);
    }
    brought(attribute).iter().find_map(of_endpoint)
}

fn of_endpoint(meta: &Meta) -> Option<TokenStream> {
    match meta {
        Meta::List(list) if is_endpoint(&list.path) => Some(list.tokens.clone()),
        _ => None,
    }
}

/// `ws_endpoint`, or with the path of its crate.
fn is_endpoint(path: &Path) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == NAME)
}

/// What a `cfg_attr` brings, after its condition.
fn brought(attribute: &Attribute) -> Vec<Meta> {
    let parts = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    parts.map(|parts| parts.into_iter().skip(1).collect()).unwrap_or_default()
}

/// The conditions, as they are written. A `cfg_attr` counts where it decides about the endpoint.
pub(super) fn conditions(attributes: &[Attribute]) -> impl Iterator<Item = String> {
    let decides = |attribute: &&Attribute| {
        let path = attribute.path();
        let by_attribute = path.is_ident("cfg_attr")
            && brought(attribute).iter().any(|meta| {
                is_endpoint(meta.path()) || meta.path().is_ident("cfg") || meta.path().is_ident("path")
            });
        path.is_ident("cfg") || by_attribute
    };
    attributes.iter().filter(decides).map(|attribute| one_line(&attribute.meta))
}
