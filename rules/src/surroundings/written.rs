//! What an implementation of `Debug` or `Display` by hand writes.

use std::collections::HashSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ItemImpl;

/// A trait that writes a value as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Written {
    Debug,
    Display,
}

impl Written {
    /// The trait that the block implements.
    pub(super) fn of(item: &ItemImpl) -> Option<Self> {
        let (path, _) = item.trait_.as_ref()?;
        match path.segments.last()?.ident.to_string().as_str() {
            "Debug" => Some(Self::Debug),
            "Display" => Some(Self::Display),
            _ => None,
        }
    }
}

/// The fields that the block writes as they are: `&self.token`, but not `self.token.len()` or `mask(&self.token)`.
pub(super) fn fields(item: &ItemImpl) -> HashSet<String> {
    let mut shown = HashSet::new();
    for one in &item.items {
        add(one.to_token_stream(), &mut shown);
    }
    shown
}

fn add(tokens: TokenStream, shown: &mut HashSet<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) if !is_call(&tokens[..at], group.delimiter()) => {
                add(group.stream(), shown);
            }
            TokenTree::Ident(word) if word == "self" => shown.extend(field(&tokens[at + 1..])),
            _ => {}
        }
    }
}

/// The field in `.token`, unless something else is made of it.
fn field(after: &[TokenTree]) -> Option<String> {
    const SAME: [&str; 5] = ["as_str", "clone", "as_ref", "as_deref", "fmt"];
    let is_dot = |token: &TokenTree| matches!(token, TokenTree::Punct(one) if one.as_char() == '.');
    let [dot, name, rest @ ..] = after else { return None };
    let is_same = match rest {
        [next, TokenTree::Ident(method), ..] if is_dot(next) => SAME.iter().any(|same| method == same),
        [TokenTree::Group(_), ..] => false,
        _ => true,
    };
    (is_dot(dot) && is_same).then(|| name.to_string())
}

/// Whether the parentheses are those of a function, which may hide what it gets, and not of a method or macro.
fn is_call(before: &[TokenTree], delimiter: Delimiter) -> bool {
    let [.., before, TokenTree::Ident(_)] = before else { return false };
    let is_of_other = matches!(before, TokenTree::Punct(one) if one.as_char() == '.')
        || matches!(before, TokenTree::Ident(_));
    delimiter == Delimiter::Parenthesis && !is_of_other
}
