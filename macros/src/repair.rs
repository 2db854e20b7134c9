//! The body of a function whose mistakes are already reported, changed so that rustc does not report them again.
//!
//! Our errors are at the beginning of the body: an expression that is an error makes rustc skip the borrow checker there,
//! so a handshake that is used twice is reported once. Errors that rustc would find by type are avoided by changing tokens:
//! a future that should have been awaited is awaited, and methods that the handshake does not have are called on a socket
//! that never exists.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use sockeye_rules::{AXUM_API, IO_BEFORE_ACCEPT, MISSING_AWAIT, Rule, syntax::Diagnostic};

use crate::placeholder;

/// The body, without its braces.
pub(crate) fn repaired(body: &Group, found: &[Diagnostic], sockeye: &TokenStream) -> TokenStream {
    repair(placeholder::in_place_of_paths(body.stream(), found), found, sockeye, Place::default())
}

fn repair(tokens: TokenStream, found: &[Diagnostic], sockeye: &TokenStream, around: Place) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    let (mut awaits, mut is_no_error, mut is_status) = (None, false, false);
    let mut place = around;
    while let Some(token) = tokens.next() {
        place.follow(&token, out.last(), around);
        match token {
            TokenTree::Group(group) if std::mem::take(&mut is_no_error) => {
                out.push(TokenTree::Group(placeholder::in_place_of_error(&group)));
            }
            TokenTree::Group(group) => {
                let is_arguments = group.delimiter() == Delimiter::Parenthesis;
                let within = place.within(&group);
                let mut inner = Group::new(group.delimiter(), repair(group.stream(), found, sockeye, within));
                inner.set_span(group.span());
                out.push(TokenTree::Group(inner));
                // With `.await`, what is not awaited is in the function that is called.
                if let Some(method) = awaits.take().filter(|_| is_arguments && !is_awaited(&tokens)) {
                    out.extend(awaited(&method, tokens.peek(), found));
                }
                if std::mem::take(&mut is_status) && is_arguments && tokens.next_if(is_question).is_some() {
                    out.extend(quote!(.unwrap_or_else(|_| ::core::unreachable!())));
                }
            }
            TokenTree::Ident(name) => {
                if is_place_of(&IO_BEFORE_ACCEPT, &name, found) {
                    on_a_socket(&mut out, sockeye);
                }
                let is_missing = !place.is_in_closure && is_place_of(&MISSING_AWAIT, &name, found);
                awaits = is_missing.then(|| name.clone());
                is_no_error = name == "Err" && is_place_of(&AXUM_API, &name, found);
                is_status =
                    CONVERTS.iter().any(|method| name == method) && is_place_of(&AXUM_API, &name, found);
                out.push(TokenTree::Ident(name));
            }
            other => out.push(other),
        }
    }
    out.into_iter().collect()
}

/// Whether `.await` follows.
fn is_awaited(rest: &(impl Iterator<Item = TokenTree> + Clone)) -> bool {
    let mut rest = rest.clone();
    matches!(rest.next(), Some(TokenTree::Punct(dot)) if dot.as_char() == '.')
        && matches!(rest.next(), Some(TokenTree::Ident(word)) if word == "await")
}

/// Methods with which the error of a `Result` becomes a status, before `?`.
const CONVERTS: [&str; 3] = ["ok_or", "ok_or_else", "map_err"];

fn is_question(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == '?')
}

/// Where a token is: `.await` is an error in a closure that is not `async`.
#[derive(Clone, Copy, Default)]
struct Place {
    is_in_closure: bool,
    /// Between the bars of a closure.
    is_in_bars: bool,
    /// After `async`, before its block or closure.
    is_async: bool,
}

impl Place {
    fn follow(&mut self, token: &TokenTree, before: Option<&TokenTree>, around: Self) {
        match token {
            TokenTree::Ident(word) if word == "async" => self.is_async = true,
            TokenTree::Punct(mark) if mark.as_char() == '|' => {
                if self.is_in_bars {
                    self.is_in_bars = false;
                } else if begins_closure(before) {
                    (self.is_in_bars, self.is_in_closure) = (true, !self.is_async);
                    self.is_async = false;
                }
            }
            TokenTree::Punct(mark) if matches!(mark.as_char(), ',' | ';') && !self.is_in_bars => {
                *self = around;
            }
            _ => {}
        }
    }

    fn within(&mut self, group: &Group) -> Self {
        let is_block = group.delimiter() == Delimiter::Brace;
        let is_async = std::mem::take(&mut self.is_async) && is_block;
        Self { is_in_closure: self.is_in_closure && !is_async, ..Self::default() }
    }
}

/// Whether a `|` after this token begins a closure, and is not an operator or a pattern.
fn begins_closure(before: Option<&TokenTree>) -> bool {
    match before {
        None => true,
        Some(TokenTree::Punct(mark)) => matches!(mark.as_char(), ',' | '=' | '(' | '>' | '&'),
        Some(TokenTree::Ident(word)) => word == "move" || word == "async" || word == "return",
        Some(_) => false,
    }
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
pub(crate) fn ends_with_result(body: &TokenStream) -> bool {
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

/// The tokens to add after the call. The result of `accept` is often used as if it were the socket; if the help has a `?`, the result of
/// any call is.
fn awaited(method: &Ident, next: Option<&TokenTree>, found: &[Diagnostic]) -> TokenStream {
    let ends = match next {
        None => true,
        Some(TokenTree::Punct(mark)) => mark.as_char() == ';',
        Some(_) => false,
    };
    let is_value = places_of(&MISSING_AWAIT, method, found).any(|one| one.help.ends_with("?`"));
    if is_value || method == "accept" && ends { quote!(.await.unwrap()) } else { quote!(.await) }
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
    places_of(rule, name, found).next().is_some()
}

fn places_of<'d>(rule: &Rule, name: &Ident, found: &'d [Diagnostic]) -> impl Iterator<Item = &'d Diagnostic> {
    found.iter().filter(move |one| one.rule == rule && same(one.start, name.span()))
}

/// Whether both are the same place in the source; `Span` itself cannot be compared.
pub(crate) fn same(one: Span, other: Span) -> bool {
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
    fn nothing_is_awaited_in_a_closure_that_is_not_async() {
        let text = repaired_text("async fn f(s: Socket) { a.for_each(|l| { let _ = s.send(l); }); }");
        assert_eq!(text, quote!(a.for_each(|l| { let _ = s.send(l); });).to_string());
        let text = repaired_text("async fn f(s: Socket) { a.map(async |l| { let _ = s.send(l); }); }");
        assert_eq!(text, quote!(a.map(async |l| { let _ = s.send(l).await; });).to_string());
        let text = repaired_text("async fn f(s: Socket) { a.map(|l| l + 1); s.send(1); }");
        assert_eq!(text, quote!(a.map(|l| l + 1); s.send(1).await;).to_string());
    }

    #[test]
    fn what_types_would_find_is_put_right() {
        let text = repaired_text("async fn f(h: Handshake) { let _ = h.accept(); }");
        assert_eq!(text, quote!(let _ = h.accept().await.unwrap();).to_string());
        let text = repaired_text("async fn f(h: Handshake) { g(h.send(1)); }");
        assert_eq!(text, quote!(g(::sockeye::__private::socket_of(&h).send(1));).to_string());
    }
}
