//! Code that moves a value, so that its name no longer holds it.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Pat};

use super::{Names, Tags};
use crate::flow::into_stream;

/// Methods of an `Option` or a `Result` that consume it.
const CONSUMES: [&str; 22] = [
    "unwrap",
    "unwrap_or",
    "unwrap_or_else",
    "unwrap_or_default",
    "expect",
    "map",
    "map_or",
    "map_or_else",
    "map_err",
    "and_then",
    "ok",
    "ok_or",
    "ok_or_else",
    "filter",
    "is_some_and",
    "is_ok_and",
    "is_none_or",
    "or_else",
    "or_insert",
    "or_insert_with",
    "or_default",
    "and_modify",
];

/// The name, if the expression is only a name.
pub(crate) fn bare_name(expression: &Expr) -> Option<Ident> {
    match expression {
        Expr::Path(path) => path.path.get_ident().cloned(),
        Expr::Paren(inner) => bare_name(&inner.expr),
        Expr::Group(inner) => bare_name(&inner.expr),
        _ => None,
    }
}

/// The argument of `drop`.
pub(super) fn dropped(expression: &Expr) -> Option<Ident> {
    let Expr::Call(call) = expression else { return None };
    let Expr::Path(function) = &*call.func else { return None };
    let is_drop = function.path.segments.last().is_some_and(|last| last.ident == "drop");
    if is_drop { call.args.first().and_then(bare_name) } else { None }
}

/// `found` in `found.is_none()`: if that is true, there is no guard in it.
pub(super) fn found_nothing(condition: &Expr) -> Option<Ident> {
    match condition {
        Expr::MethodCall(call) if call.method == "is_none" || call.method == "is_err" => {
            bare_name(&call.receiver)
        }
        _ => None,
    }
}

/// The values that an expression moves.
pub(super) fn given_away<'e>(expression: &'e Expr, names: &Names<'_>) -> Vec<&'e Expr> {
    match expression {
        Expr::Call(call) => call.args.iter().collect(),
        Expr::MethodCall(call) => {
            let consumed = consumes(&call.method.to_string(), &call.receiver, names);
            call.args.iter().chain(consumed.then_some(&*call.receiver)).collect()
        }
        Expr::Struct(made) => made.fields.iter().map(|field| &field.expr).collect(),
        Expr::Tuple(tuple) => tuple.elems.iter().collect(),
        Expr::Array(array) => array.elems.iter().collect(),
        Expr::Return(end) => end.expr.as_deref().into_iter().collect(),
        Expr::Break(end) => end.expr.as_deref().into_iter().collect(),
        Expr::Assign(assign) => vec![&assign.right],
        Expr::Try(tried) => vec![&tried.expr],
        Expr::Await(awaited) => vec![&awaited.base],
        _ => Vec::new(),
    }
}

/// Whether a method consumes the guard that it is called on. Most are methods of the value behind the guard, which only
/// borrow.
fn consumes(method: &str, receiver: &Expr, names: &Names<'_>) -> bool {
    let origin = names.of(receiver);
    if !origin.is(Tags::GUARD) {
        return false;
    }
    // `get` of a `DashMap` and `lock` of `std` return a guard in an `Option` or a `Result`.
    let may_be_wrapped = origin.is(Tags::SYNC) || origin.has_type(&["DashMap", "DashSet"]);
    let by_name = ["into", "try_into", "downgrade"].iter().any(|start| method.starts_with(start));
    by_name || may_be_wrapped && CONSUMES.contains(&method)
}

/// Whether a pattern moves a part of the value into a name.
pub(super) fn takes(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(name) => name.by_ref.is_none() && is_variable(&name.ident),
        Pat::Type(typed) => takes(&typed.pat),
        Pat::Paren(inner) => takes(&inner.pat),
        Pat::Guard(guarded) => takes(&guarded.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().any(takes),
        Pat::TupleStruct(variant) => variant.elems.iter().any(takes),
        Pat::Struct(fields) => fields.fields.iter().any(|field| takes(&field.pat)),
        Pat::Slice(slice) => slice.elems.iter().any(takes),
        Pat::Or(or) => or.cases.iter().any(takes),
        _ => false,
    }
}

/// `None`, `Err(_)`, or a catch-all: there is no guard in it.
pub(super) fn is_nothing(pattern: &Pat) -> bool {
    let is_none = |name: Option<&Ident>| name.is_some_and(|name| name == "None" || name == "Err");
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(name) => is_none(Some(&name.ident)),
        Pat::Path(path) => is_none(path.path.segments.last().map(|last| &last.ident)),
        Pat::TupleStruct(variant) => is_none(variant.path.segments.last().map(|last| &last.ident)),
        Pat::Paren(inner) => is_nothing(&inner.pat),
        Pat::Guard(guarded) => is_nothing(&guarded.pat),
        Pat::Or(or) => or.cases.iter().all(is_nothing),
        _ => false,
    }
}

/// `None` in a pattern is not a name.
pub(super) fn is_variable(name: &Ident) -> bool {
    !name.to_string().starts_with(|first: char| first.is_uppercase())
}

/// Macros that borrow their arguments.
pub(super) fn only_looks(name: &str) -> bool {
    let starts = ["print", "eprint", "format", "write", "assert", "debug_assert"];
    starts.iter().any(|start| name.starts_with(start))
        || matches!(
            name,
            "trace" | "debug" | "info" | "warn" | "error" | "event" | "panic" | "matches" | "ensure" | "bail"
        )
}

/// Every word in it, including those in format strings.
pub(super) fn mentioned(body: &dyn ToTokens) -> HashSet<String> {
    let mut words = HashSet::new();
    add_words(body.to_token_stream(), &mut words);
    words
}

fn add_words(tokens: TokenStream, words: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => _ = words.insert(word.to_string()),
            TokenTree::Group(group) => add_words(into_stream(group), words),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                words.extend(text.split(|one: char| !(one.is_alphanumeric() || one == '_')).map(Into::into));
            }
            TokenTree::Punct(_) => {}
        }
    }
}
