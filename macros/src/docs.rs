//! The doc comment of a handler, for the document of its endpoint.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The lines of the comment as one text. `#[doc = include_str!("..")]` is left to rustc.
pub(crate) fn text(attrs: &[Attribute]) -> TokenStream {
    let parts: Vec<&Expr> = attrs.iter().filter_map(value).collect();
    let lines: Option<Vec<String>> = parts.iter().map(|part| literal(part)).collect();
    lines.map_or_else(
        || quote!(::core::concat!(#(#parts, "\n"),*)),
        |lines| lines.join("\n").to_token_stream(),
    )
}

/// What is behind `doc =`; nothing in `#[doc(hidden)]`.
fn value(attr: &Attribute) -> Option<&Expr> {
    match &attr.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(&pair.value),
        _ => None,
    }
}

fn literal(part: &Expr) -> Option<String> {
    match part {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
