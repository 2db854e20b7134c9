//! The body of a function whose mistakes are already reported, changed so that rustc does not report them again.
//!
//! Our errors are at the beginning of the body: an expression that is an error makes rustc skip the borrow checker there,
//! so a handshake that is used twice is reported once. Errors that rustc would find by type are avoided by changing tokens:
//! a future that should have been awaited is awaited, and methods that the handshake does not have are called on a socket
//! that never exists.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use sockeye_rules::{IO_BEFORE_ACCEPT, MISSING_AWAIT, Rule, syntax::Diagnostic};

use crate::placeholder;

/// The body, without its braces.
pub(crate) fn repaired(body: &Group, found: &[Diagnostic], sockeye: &TokenStream) -> TokenStream {
    stream(placeholder::in_place_of_paths(body.stream(), found), found, sockeye)
}

fn stream(tokens: TokenStream, found: &[Diagnostic], sockeye: &TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    let mut awaits = None;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let is_arguments = group.delimiter() == Delimiter::Parenthesis;
                out.push(TokenTree::Group(inside(&group, found, sockeye)));
                if let Some(method) = awaits.take().filter(|_| is_arguments) {
                    out.extend(awaited(&method, tokens.peek()));
                }
            }
            TokenTree::Ident(name) => {
                if is_place_of(&IO_BEFORE_ACCEPT, &name, found) {
                    on_a_socket(&mut out, sockeye);
                }
                awaits = is_place_of(&MISSING_AWAIT, &name, found).then(|| name.clone());
                out.push(TokenTree::Ident(name));
            }
            other => out.push(other),
        }
    }
    out.into_iter().collect()
}

/// A body that returned nothing, in a function that now returns a `Result`.
pub(crate) fn with_result(body: TokenStream) -> TokenStream {
    if ends_with_result(&body) {
        return body;
    }
    let body = returning(body);
    quote!(let () = { #body }; ::core::result::Result::Ok(()))
}

/// Whether the last expression is `Ok(..)`: then only the return type is missing.
fn ends_with_result(body: &TokenStream) -> bool {
    let tokens: Vec<_> = body.clone().into_iter().collect();
    matches!(&tokens[..], [.., TokenTree::Ident(name), TokenTree::Group(_)] if name == "Ok")
}

/// `return` becomes `return Ok(())`.
fn returning(tokens: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), returning(group.stream()));
                inner.set_span(group.span());
                out.extend([TokenTree::Group(inner)]);
            }
            TokenTree::Ident(word) if word == "return" => {
                let ends = match tokens.peek() {
                    None => true,
                    Some(TokenTree::Punct(mark)) => matches!(mark.as_char(), ';' | ','),
                    Some(_) => false,
                };
                out.extend(if ends { quote!(#word ::core::result::Result::Ok(())) } else { quote!(#word) });
            }
            other => out.extend([other]),
        }
    }
    out
}

/// The tokens to add after the call. The result of `accept` is often used as if it were the socket.
fn awaited(method: &Ident, next: Option<&TokenTree>) -> TokenStream {
    let ends = match next {
        None => true,
        Some(TokenTree::Punct(mark)) => mark.as_char() == ';',
        Some(_) => false,
    };
    if method == "accept" && ends { quote!(.await.unwrap()) } else { quote!(.await) }
}

fn inside(group: &Group, found: &[Diagnostic], sockeye: &TokenStream) -> Group {
    let mut repaired = Group::new(group.delimiter(), stream(group.stream(), found, sockeye));
    repaired.set_span(group.span());
    repaired
}

/// `handshake.` becomes `socket_of(&handshake).`
fn on_a_socket(out: &mut Vec<TokenTree>, sockeye: &TokenStream) {
    let is_method = matches!(out.last(), Some(TokenTree::Punct(dot)) if dot.as_char() == '.');
    let Some(TokenTree::Ident(handshake)) = out.len().checked_sub(2).and_then(|before| out.get(before))
    else {
        return;
    };
    if is_method {
        let socket = quote!(#sockeye::__private::socket_of(&#handshake).);
        out.truncate(out.len() - 2);
        out.extend(socket);
    }
}

pub(crate) fn is_place_of(rule: &Rule, name: &Ident, found: &[Diagnostic]) -> bool {
    found.iter().any(|one| one.rule == rule && same(one.start, name.span()))
}

/// Whether both are the same place in the source; `Span` itself cannot be compared.
fn same(one: Span, other: Span) -> bool {
    format!("{one:?}") == format!("{other:?}")
}

#[cfg(test)]
mod tests {
    use sockeye_rules::{
        check,
        syntax::{Surroundings, parse},
    };

    use super::*;

    fn repaired_text(item: &str) -> String {
        let helper = parse(TokenStream::new(), item.parse().unwrap());
        let found = check::lifecycle(&helper, &Surroundings::default());
        assert!(!found.is_empty(), "{item}");
        repaired(helper.function().unwrap().body(), &found, &quote!(::sockeye)).to_string()
    }

    #[test]
    fn what_types_would_find_is_put_right() {
        let text = repaired_text("async fn f(h: Handshake) { let _ = h.accept(); }");
        assert_eq!(text, quote!(let _ = h.accept().await.unwrap();).to_string());
        let text = repaired_text("async fn f(h: Handshake) { g(h.send(1)); }");
        assert_eq!(text, quote!(g(::sockeye::__private::socket_of(&h).send(1));).to_string());
    }
}
