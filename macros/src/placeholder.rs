//! Names that do not exist, in a body whose mistakes are reported already: rustc would report each of them once more.
//!
//! `Message::Close(..)` and `Json(..)` become `Some(..)`, which fits as a pattern and as a function. Beside it every other kind of
//! `Message` becomes `Some` as well, so that all arms of a `match` have one type; what they look at has the type of an error.

use std::collections::BTreeSet;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use sockeye_rules::{AXUM_API, syntax::Diagnostic};

use crate::repair::is_place_of;

/// The body with `Some` in place of these paths.
pub(crate) fn in_place_of_paths(body: TokenStream, found: &[Diagnostic]) -> TokenStream {
    let mut names = BTreeSet::new();
    add_names(&body, found, &mut names);
    if names.is_empty() {
        return body;
    }
    // What was imported for it is still used.
    let used = names.iter().map(|name| Ident::new(name, Span::call_site()));
    let body = replaced(body, &names);
    quote!(#(use #used as _;)* #body)
}

/// The first names of paths that a rule has reported, other than those of `Some(Ok(..))`, of `Err(status)`, and of methods.
fn add_names(tokens: &TokenStream, found: &[Diagnostic], names: &mut BTreeSet<String>) {
    let mut after_dot = false;
    for token in tokens.clone() {
        match &token {
            TokenTree::Ident(name)
                if !after_dot && name != "Some" && name != "Err" && is_place_of(&AXUM_API, name, found) =>
            {
                names.insert(name.to_string());
            }
            TokenTree::Group(group) => add_names(&group.stream(), found, names),
            _ => {}
        }
        after_dot = matches!(&token, TokenTree::Punct(dot) if dot.as_char() == '.');
    }
}

fn replaced(tokens: TokenStream, names: &BTreeSet<String>) -> TokenStream {
    let mut out = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) if names.contains(&name.to_string()) => {
                let mut path = vec![TokenTree::Ident(name.clone())];
                while let Some(next) = tokens.next_if(is_of_path) {
                    path.push(next);
                }
                let is_kind = path.last().is_some_and(is_capitalized)
                    && matches!(tokens.peek(), Some(TokenTree::Group(_)));
                let some = quote_spanned!(name.span()=> ::core::option::Option::Some);
                out.extend(if is_kind { some } else { path.into_iter().collect() });
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replaced(group.stream(), names));
                inner.set_span(group.span());
                out.extend([TokenTree::Group(inner)]);
            }
            other => out.extend([other]),
        }
    }
    out
}

/// The rest of a path: `::Close`.
fn is_of_path(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(mark) => mark.as_char() == ':',
        TokenTree::Ident(name) => name != "if",
        _ => false,
    }
}

fn is_capitalized(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(name) if name.to_string().starts_with(char::is_uppercase))
}

/// The argument of `Err(..)` that is no error: a value of any type, after which what was imported for the argument is still used.
pub(crate) fn in_place_of_error(argument: &Group) -> Group {
    let name = first_name(argument.stream());
    let used = name.map(|name| quote!(use #name as _;));
    let mut other = Group::new(argument.delimiter(), quote!({ #used ::core::unreachable!() }));
    other.set_span(argument.span());
    other
}

fn first_name(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(name) => Some(Ident::new(&name.to_string(), Span::call_site())),
        TokenTree::Group(group) => first_name(group.stream()),
        _ => None,
    })
}
