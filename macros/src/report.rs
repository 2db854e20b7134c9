//! Compile errors, and the item with them in a form that causes no further errors.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use sockeye_rules::{
    AXUM_API, Level, Phase, RETURN_TYPE,
    syntax::{Diagnostic, Endpoint, Function, Parameter, has_impl_trait},
};
use syn::{Type, parse_quote};

use crate::{repair, root, signature, stand_in};

/// The diagnostics that keep the program from compiling, and those that do not.
pub(crate) fn parted(found: Vec<Diagnostic>) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    found.into_iter().partition(|found| found.rule.level != Level::Warn)
}

/// The warnings, to be added to the item.
pub(crate) fn warnings(function: &Function, found: &[Diagnostic]) -> TokenStream {
    found.iter().map(|found| warning(function, found)).collect()
}

/// A warning on stable Rust: the use of a deprecated item, at the last name of the problem. No other lint shows a
/// custom text in its first line; see `docs/decisions/0040-warn-with-a-deprecated-constant.md`.
///
/// With a level of its own it does not depend on the crate's level for really deprecated items, and can have a note.
/// rustc shows where that level is set, so it has the span of the function's name.
fn warning(function: &Function, found: &Diagnostic) -> TokenStream {
    let text = found.text();
    let name = Ident::new(found.rule.name, found.name);
    let lint = Ident::new("deprecated", function.name().span());
    let reason = format!(
        "nothing is deprecated: a macro can emit a warning only in this form; to turn it off, write `allow({}, reason = \"..\")` in the attribute",
        found.rule.name
    );
    quote! {
        #[warn(#lint, reason = #reason)]
        const _: () = {
            #[deprecated(note = #text)]
            #[allow(non_upper_case_globals)] // it has the name of its rule
            const #name: () = ();
            let () = #name;
        };
    }
}

/// Errors and warnings inside the function, which may be in an `impl` block.
pub(crate) fn inside(helper: &Endpoint, found: &[Diagnostic], item: TokenStream) -> TokenStream {
    let (errors, warnings) = parted(found.to_vec());
    let Some(function) = helper.function() else {
        let errors = errors.iter().map(error);
        return quote!(#(#errors)* #item);
    };
    let (body, at_top) = stand_in::in_place(function.body(), &errors.iter().collect::<Vec<_>>());
    let is_right = errors.is_empty();
    let errors: TokenStream = at_top.into_iter().map(|found| error_in(function, found)).collect();
    if is_right && warnings.is_empty() {
        return item;
    }
    let warnings = self::warnings(function, &warnings);
    let (attrs, vis, sig) = (&function.attrs, &function.vis, &function.sig);
    let body = repair::repaired(&body, found, &root::path(&helper.options));
    let silent = (!is_right).then(|| quote!(#[allow(warnings)]));
    quote!(#(#attrs)* #silent #vis #sig { #errors #warnings #body })
}

/// The errors, then the item: the rest of the program can still use it, and an editor can still complete in it.
pub(crate) fn report(endpoint: &Endpoint, found: &[Diagnostic], item: TokenStream) -> TokenStream {
    let function = endpoint.function();
    let is_of_body = |one: &Diagnostic| {
        one.rule.phase == Phase::Lifecycle
            || function.is_some_and(|function| stands_for_handshake(function, one))
    };
    let (of_body, of_item): (Vec<_>, Vec<_>) =
        found.iter().partition(|one| is_of_body(one) && !is_method(endpoint));
    let errors = of_item.into_iter().map(error);
    let item = match endpoint.function() {
        None => item,
        Some(function) if function.receiver.is_some() => without_self(function),
        Some(function) => {
            let sockeye = root::path(&endpoint.options);
            let (body, at_top) = stand_in::in_place(function.body(), &of_body);
            let errors = at_top.into_iter().map(|found| error_in(function, found)).collect();
            mended(function, &body, &errors, found, &sockeye)
        }
    };
    let item = match function.filter(|function| is_routed(function, found)) {
        None => item,
        Some(function) => without_parameters(function, &item),
    };
    quote!(#(#errors)* #item)
}

/// Whether the function is passed to axum's router, which is reported at its name.
fn is_routed(function: &Function, found: &[Diagnostic]) -> bool {
    repair::is_place_of(&AXUM_API, function.name(), found)
}

/// A function that axum's router accepts, with the original in it, so that its imports are used.
fn without_parameters(function: &Function, item: &TokenStream) -> TokenStream {
    let (vis, name) = (&function.vis, function.name());
    quote!(#[allow(warnings)] #vis async fn #name() { #item })
}

fn is_method(endpoint: &Endpoint) -> bool {
    endpoint.function().is_some_and(|function| function.receiver.is_some())
}

/// One `compile_error!` that spans from the first to the last token of the problem.
pub(crate) fn error(found: &Diagnostic) -> TokenStream {
    let text = found.text();
    let arguments = quote_spanned!(found.end=> { #text });
    quote_spanned!(found.start=> ::core::compile_error! #arguments)
}

/// The error at the beginning of the body. If rustc would check the same tokens by type, it replaces the handshake:
/// rustc does not check a value with an error type, or anything derived from it.
fn error_in(function: &Function, found: &Diagnostic) -> TokenStream {
    let error = error(found);
    let name = function.parameters.first().and_then(Parameter::binding);
    match name.filter(|_| stands_for_handshake(function, found)) {
        Some(handshake) => quote!(#[allow(unused_mut)] let mut #handshake = #error;),
        None => error,
    }
}

fn stands_for_handshake(function: &Function, found: &Diagnostic) -> bool {
    found.untyped && !(found.rule == &RETURN_TYPE && returns_nothing(function))
}

/// Then a body with `?` gets a return type.
fn returns_nothing(function: &Function) -> bool {
    match function.output() {
        None => true,
        Some(Type::Tuple(tuple)) => tuple.elems.is_empty(),
        Some(_) => false,
    }
}

/// The function without the parts that rustc would report again, and without warnings about an unused function.
fn mended(
    function: &Function,
    body: &Group,
    errors: &TokenStream,
    found: &[Diagnostic],
    sockeye: &TokenStream,
) -> TokenStream {
    let mut sig = function.sig.clone();
    sig.constness = None;
    sig.abi = None;
    sig.variadic = None;
    if sig.asyncness.is_none() && awaits(body) {
        sig.asyncness = Some(syn::Token![async](sig.fn_token.span));
    }
    signature::mend(&mut sig, body, found, sockeye);
    let (attrs, vis) = (&function.attrs, &function.vis);
    if found.iter().any(|one| one.rule == &RETURN_TYPE && one.untyped) && returns_nothing(function) {
        sig.output = parse_quote!(-> #sockeye::Result);
        let body = repair::with_result(repair::repaired(body, found, sockeye));
        return quote!(#(#attrs)* #[allow(warnings)] #vis #sig { #errors #body });
    }
    if errors.is_empty() && found.iter().all(|one| one.in_place_of.is_none()) {
        return quote!(#(#attrs)* #[allow(warnings)] #vis #sig #body);
    }
    let body = repair::repaired(body, found, sockeye);
    quote!(#(#attrs)* #[allow(warnings)] #vis #sig { #errors #body })
}

/// `self` is only valid inside an `impl`, and it is unknown whether this is one. Without it the function is valid
/// anywhere, if its body does not need it either.
fn without_self(function: &Function) -> TokenStream {
    if function.output().is_some_and(has_impl_trait) {
        return TokenStream::new();
    }
    let (name, parameters, output) =
        (function.name(), function.parameters.iter().map(|one| &one.node), &function.sig.output);
    quote!(#[allow(warnings)] async fn #name(#(#parameters),*) #output { ::core::panic!() })
}

/// Whether the body awaits something outside of an `async` block or closure.
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

/// A name with a span of the user's, for errors that rustc reports there.
pub(crate) fn name_at(name: &str, place: &dyn ToTokens) -> Ident {
    let span = place.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span());
    Ident::new(name, span)
}
