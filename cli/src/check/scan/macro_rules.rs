//! The bodies of `macro_rules!`, as far as they are items in Rust once the macro's parameters have names.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::File;

/// The items in the body of each rule.
pub(super) fn bodies(rules: TokenStream) -> Vec<File> {
    let tokens: Vec<_> = rules.into_iter().collect();
    // `=>` and the body after it.
    let bodies = tokens.windows(3).filter_map(|three| match three {
        [TokenTree::Punct(equals), TokenTree::Punct(greater), TokenTree::Group(body)]
            if equals.as_char() == '=' && greater.as_char() == '>' =>
        {
            Some(body.stream())
        }
        _ => None,
    });
    bodies.filter_map(|body| syn::parse2(named(body)).ok()).collect()
}

/// `$name` is `name`, and what is repeated stands there once.
fn named(tokens: TokenStream) -> TokenStream {
    let mut named = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(dollar) if dollar.as_char() == '$' => match tokens.next() {
                Some(TokenTree::Ident(word)) if word == "crate" => {
                    named.extend([TokenTree::Ident(Ident::new("crate", word.span()))]);
                }
                Some(TokenTree::Group(repeated)) => {
                    named.extend(self::named(repeated.stream()));
                    // A separator may stand before `*`, `+` or `?`.
                    for _ in 0..2 {
                        if let Some(TokenTree::Punct(end)) = tokens.next()
                            && matches!(end.as_char(), '*' | '+' | '?')
                        {
                            break;
                        }
                    }
                }
                Some(other) => named.extend([other]),
                None => {}
            },
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
                let mut inner = Group::new(group.delimiter(), self::named(group.stream()));
                inner.set_span(group.span());
                named.extend([TokenTree::Group(inner)]);
            }
            other => named.extend([other]),
        }
    }
    named
}
