//! The values of string constants in a file, for routes such as `#[ws_endpoint(ROUTE)]`.

use std::collections::HashMap;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Expr, Item, ItemConst, Lit, LitStr, Macro, Token, punctuated::Punctuated};

use crate::syntax::Endpoint;

/// The values of string constants, by their path from here; `None` if several have the same name, so that the right one is unknown.
#[derive(Debug, Default, Clone)]
pub struct Constants(HashMap<String, Option<String>>);

impl Constants {
    pub(super) fn of<'a>(items: impl IntoIterator<Item = &'a Item>) -> Self {
        let mut all = Self::default();
        all.add("", items, false);
        all
    }

    /// An inner definition shadows an outer one.
    pub(super) fn within(&self, inner: Self) -> Self {
        Self(self.0.clone().into_iter().chain(inner.0).collect())
    }

    fn add<'a>(&mut self, before: &str, items: impl IntoIterator<Item = &'a Item>, conditional: bool) {
        for item in items {
            match item {
                Item::Const(one) => {
                    let text = text(one).filter(|_| !conditional && !is_conditional(&one.attrs));
                    let place = self.0.entry(format!("{before}{}", one.ident));
                    place.and_modify(|known| *known = None).or_insert(text);
                }
                Item::Mod(module) => {
                    let Some((_, items)) = &module.content else { continue };
                    let before = format!("{before}{}::", module.ident);
                    self.add(&before, items, conditional || is_conditional(&module.attrs));
                }
                _ => {}
            }
        }
    }

    /// The attribute's arguments with the string in place of the constant, if it is known.
    pub fn put_in(&self, endpoint: &Endpoint, arguments: &TokenStream) -> Option<TokenStream> {
        let written = endpoint.arguments.constant.as_ref()?;
        let text = self.text_of(&syn::parse2(written.clone()).ok()?)?;
        let literal = LitStr::new(&text, whole(written)?).into_token_stream();
        let rest = arguments.clone().into_iter().skip(written.clone().into_iter().count());
        Some(literal.into_iter().chain(rest).collect())
    }

    fn text_of(&self, expression: &Expr) -> Option<String> {
        match expression {
            Expr::Path(path) if path.qself.is_none() => {
                let names: Vec<_> = path.path.segments.iter().map(|one| one.ident.to_string()).collect();
                let name = names.join("::");
                self.0.get(name.strip_prefix("self::").unwrap_or(&name))?.clone()
            }
            other => literal(other),
        }
    }
}

fn whole(tokens: &TokenStream) -> Option<Span> {
    let mut spans = tokens.clone().into_iter().map(|token| token.span());
    let first = spans.next()?;
    first.join(spans.last().unwrap_or(first))
}

fn text(constant: &ItemConst) -> Option<String> {
    literal(&constant.expr)
}

/// A string literal, or several in a `concat!`.
fn literal(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) if let Lit::Str(text) = &literal.lit => Some(text.value()),
        Expr::Macro(call) if call.mac.path.is_ident("concat") => concatenated(&call.mac),
        _ => None,
    }
}

fn concatenated(call: &Macro) -> Option<String> {
    let parts = call.parse_body_with(Punctuated::<LitStr, Token![,]>::parse_terminated).ok()?;
    Some(parts.iter().map(LitStr::value).collect())
}

fn is_conditional(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr"))
}
