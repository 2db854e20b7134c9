//! Compile errors, and the item beside them in a form that makes no errors of its own.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use sockeye_rules::syntax::{Diagnostic, Endpoint, Function, has_impl_trait};

/// The errors, then the item: the rest of the program still finds it, and an editor still completes in it.
pub(crate) fn report(endpoint: &Endpoint, found: &[Diagnostic], item: TokenStream) -> TokenStream {
    let errors = found.iter().map(error);
    let item = match endpoint.function() {
        None => item,
        Some(function) if function.receiver.is_some() => without_self(function),
        Some(function) => mended(function),
    };
    quote!(#(#errors)* #item)
}

/// One `compile_error!` that spans from the first to the last token of the problem.
fn error(found: &Diagnostic) -> TokenStream {
    let text = found.text();
    let arguments = quote_spanned!(found.end=> { #text });
    quote_spanned!(found.start=> ::core::compile_error! #arguments)
}

/// The function without what rustc would report once more, and without warnings about a function that nothing calls.
fn mended(function: &Function) -> TokenStream {
    let mut sig = function.sig.clone();
    sig.constness = None;
    sig.abi = None;
    sig.variadic = None;
    if sig.asyncness.is_none() && awaits(&function.body) {
        sig.asyncness = Some(syn::Token![async](sig.fn_token.span));
    }
    let (attrs, vis, body) = (&function.attrs, &function.vis, &function.body);
    quote!(#(#attrs)* #[allow(warnings)] #vis #sig #body)
}

/// `self` is only valid inside an `impl`, and nobody here knows whether this is one. Without it the function is valid
/// anywhere, if its body can do without it too.
fn without_self(function: &Function) -> TokenStream {
    if function.output().is_some_and(has_impl_trait) {
        return TokenStream::new();
    }
    let (name, parameters, output) =
        (function.name(), function.parameters.iter().map(|one| &one.node), &function.sig.output);
    quote!(#[allow(warnings)] async fn #name(#(#parameters),*) #output { ::core::panic!() })
}

/// Whether the body waits for something outside of a block or closure that is `async` itself.
fn awaits(body: &Group) -> bool {
    let mut own = false;
    for token in body.stream() {
        match token {
            TokenTree::Ident(word) if word == "async" => own = true,
            TokenTree::Ident(word) if word == "await" => return true,
            TokenTree::Group(group) if own => own = group.delimiter() != proc_macro2::Delimiter::Brace,
            TokenTree::Group(group) if awaits(&group) => return true,
            _ => {}
        }
    }
    false
}

/// A name at a place of the user's, for errors that rustc itself reports there.
pub(crate) fn name_at(name: &str, place: &dyn ToTokens) -> Ident {
    let span = place.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span());
    Ident::new(name, span)
}
