//! Expressions that rustc would report again, wherever their values are used: the error stands in their place, and has the type of an
//! error itself.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use sockeye_rules::syntax::Diagnostic;

use crate::{repair::same, report::error};

/// The body with errors in place of the expressions that they are about, and the diagnostics that are left.
pub(crate) fn in_place<'d>(body: &Group, found: &[&'d Diagnostic]) -> (Group, Vec<&'d Diagnostic>) {
    let (mine, mut rest): (Vec<_>, Vec<_>) = found.iter().partition(|one| one.in_place_of.is_some());
    if mine.is_empty() {
        return (body.clone(), rest);
    }
    let mut search = Search { waiting: mine };
    let body = search.group(body);
    rest.extend(search.waiting);
    (body, rest)
}

struct Search<'d> {
    /// Those whose expression is not found yet.
    waiting: Vec<&'d Diagnostic>,
}

impl Search<'_> {
    fn group(&mut self, group: &Group) -> Group {
        let mut inner = Group::new(group.delimiter(), self.tokens(group.stream()));
        inner.set_span(group.span());
        inner
    }

    fn tokens(&mut self, tokens: TokenStream) -> TokenStream {
        let mut out = TokenStream::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            if let Some((end, errors)) = self.begins(&token) {
                let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
                let used = name_of_path(&token, is_path);
                let mut last = token.span();
                while !same(last, end) {
                    let Some(next) = tokens.next() else { break };
                    last = next.span();
                }
                let used = used.iter();
                out.extend(quote!({ #(use #used as _;)* #(#errors)* }));
                continue;
            }
            match token {
                TokenTree::Group(group) => out.extend([TokenTree::Group(self.group(&group))]),
                other => out.extend([other]),
            }
        }
        out
    }

    /// The last token of an expression that begins here, and its errors.
    fn begins(&mut self, token: &TokenTree) -> Option<(Span, Vec<TokenStream>)> {
        let is_here = |one: &Diagnostic| one.in_place_of.filter(|(start, _)| same(*start, token.span()));
        let (_, end) = self.waiting.iter().find_map(|one| is_here(one))?;
        let (here, rest): (Vec<_>, Vec<_>) = self.waiting.iter().partition(|one| is_here(one).is_some());
        self.waiting = rest;
        let all = here.len();
        // With a semicolon they are statements; the last one is the value.
        let errors = here.iter().enumerate().map(|(at, one)| {
            let error = error(one);
            if at + 1 == all { quote!((#error)) } else { quote!((#error);) }
        });
        Some((end, errors.collect()))
    }
}

/// The first name of a path, which was perhaps imported for it.
fn name_of_path(token: &TokenTree, is_path: bool) -> Option<Ident> {
    match token {
        TokenTree::Ident(name) if is_path || name.to_string().starts_with(char::is_uppercase) => {
            Some(Ident::new(&name.to_string(), Span::call_site()))
        }
        _ => None,
    }
}
