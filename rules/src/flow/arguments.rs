//! The expressions in macros whose syntax is known.

use proc_macro2::TokenTree;
use syn::{
    Expr, Macro, Token,
    parse::{Parse, ParseStream, Parser, discouraged::Speculative},
    punctuated::Punctuated,
};

/// One argument of a formatting or logging macro, including the value of `name = value`.
struct Argument(Expr);

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        skip_field_name(input);
        // `%value` and `?value` of tracing.
        if input.peek(Token![%]) {
            input.parse::<Token![%]>()?;
        } else if input.peek(Token![?]) {
            input.parse::<Token![?]>()?;
        }
        let value: Expr = input.parse()?;
        Ok(Self(match value {
            Expr::Assign(assign) => *assign.right,
            value => value,
        }))
    }
}

/// `http.method = ` and `target: `, which are not expressions.
fn skip_field_name(input: ParseStream<'_>) {
    let ahead = input.fork();
    if Punctuated::<syn::Ident, Token![.]>::parse_separated_nonempty(&ahead).is_err() {
        return;
    }
    let is_name =
        ahead.peek(Token![=]) && !ahead.peek(Token![==]) || ahead.peek(Token![:]) && !ahead.peek(Token![::]);
    if is_name && ahead.parse::<TokenTree>().is_ok() {
        input.advance_to(&ahead);
    }
}

/// The comma-separated arguments; empty if the macro has its own syntax.
pub(crate) fn arguments(call: &Macro) -> Vec<Expr> {
    let parser = |input: ParseStream<'_>| {
        // `biased;` of `join!`.
        if input.peek(syn::Ident) && input.peek2(Token![;]) {
            input.parse::<syn::Ident>()?;
            input.parse::<Token![;]>()?;
        }
        Punctuated::<Argument, Token![,]>::parse_terminated(input)
    };
    parser
        .parse2(call.tokens.clone())
        .map(|all: Punctuated<Argument, _>| all.into_iter().map(|one| one.0).collect())
        .unwrap_or_default()
}
