//! The expansion: the handler as written, and one registration beside it.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use sockeye_rules::check;
use sockeye_rules::syntax::{
    CompressionOption, Endpoint, Function, HeartbeatMessageOption, HeartbeatOption, Known, Options,
    OriginsOption, Parameter, generic_arguments, has_impl_trait, known, last_segment, one_line,
    reads_cookies,
};
use syn::{Attribute, ReturnType, Type};

use crate::{docs, duplicate, mark::Mark, root, source};

/// Expands a valid endpoint.
pub(crate) fn expand(endpoint: &Endpoint, item: TokenStream) -> TokenStream {
    let (Some(function), Some(written)) = (endpoint.function(), endpoint.written_route()) else {
        return item;
    };
    let cfgs = conditions(&function.attrs);
    let bind = bind(function, &endpoint.options);
    let first = judged_first(function).map(first_constant);
    let output = judged_output(function).map(output_constant);
    let registered = registered(endpoint, function, &written);
    let group = endpoint.options.group.as_ref().map(syn::LitStr::value).unwrap_or_default();
    let marker = endpoint.route().map(|route| duplicate::marker(route, &group));
    let sockeye = root::path(&endpoint.options);
    // The type checks precede the item: rustc checks bodies in this order, so that errors about a type are reported before errors in
    // the body.
    quote! {
        #(#cfgs)*
        const _: () = {
            // One name for the many paths below: each of their tokens is parsed again for each endpoint.
            use #sockeye::__private::{self, AnyParameter as _, DeclaredParameter as _};
            #first
            #output
            #bind
            #marker
            __private::inventory::submit! { #registered }
        };
        #item
    }
}

/// The conditions under which the item is compiled, which also apply to its registration.
fn conditions(attrs: &[Attribute]) -> Vec<&Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect()
}

/// The function that resolves the handler's types. Each part has the span of the user's tokens, so that an error is
/// reported there.
fn bind(function: &Function, options: &Options) -> TokenStream {
    let name = function.name();
    let state = state(options);
    let first = first(function);
    let arguments = function.extractors().iter().map(|parameter| argument(parameter, &state));
    let outcome = outcome(function);
    let bind = combining(function);
    let with_state = options.state.as_ref().map(|state| quote!(.with_state::<#state>()));
    // With another span than the function that it is given to: clippy would take that for a call of the handler, and report one that awaits
    // nothing (`unused_async`).
    let mut handler = name.clone();
    handler.set_span(name.span().resolved_at(Span::mixed_site()));
    let bound = quote_spanned!(name.span()=> __private::#bind(#handler, #first, (#(#arguments,)*), #outcome));
    quote! {
        fn __bind() -> __private::Bound {
            #bound #with_state
        }
    }
}

/// The function that combines the parts: there is one for each usual number of parameters, and one for any.
///
/// With the span of the handler's name, where rustc reports a future that is not `Send`.
fn combining(function: &Function) -> Ident {
    let parameters = function.extractors();
    let may_vanish = parameters.iter().any(|one| !conditions(&one.node.attrs).is_empty());
    let bind = match parameters.len() {
        usual @ 0..=4 if !may_vanish => format!("bind{usual}"),
        _ => "bind".to_owned(),
    };
    Ident::new(&bind, function.name().span())
}

fn state(options: &Options) -> TokenStream {
    options.state.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream)
}

/// The proof of the first parameter.
fn first(function: &Function) -> Option<TokenStream> {
    let proof = |parameter: &Parameter| {
        let ty = parameter.ty();
        quote_spanned!(span(ty)=> __private::first::<#ty>())
    };
    match judged_first(function) {
        Some(ty) => Some(quote_spanned!(place(ty)=> __FIRST)),
        None => function.parameters.first().map(proof),
    }
}

/// The type of a first parameter that may not be a handshake, or whose codec has bounds on other types.
fn judged_first(function: &Function) -> Option<&Type> {
    let ty = function.parameters.first().map(Parameter::ty)?;
    Some(ty).filter(|ty| !is_handshake(ty) && !has_impl_trait(ty) && !borrows(ty.to_token_stream()))
}

fn first_constant(ty: &Type) -> TokenStream {
    quote_spanned!(place(ty)=> const __FIRST: <#ty as __private::FirstParameter>::Made = __private::made();)
}

/// A return type with an error type that may not be ours.
fn judged_output(function: &Function) -> Option<&Type> {
    function.output().filter(|ty| names_error(ty))
}

fn output_constant(ty: &Type) -> TokenStream {
    quote_spanned!(place(ty)=> const __OUTCOME: <#ty as __private::Returned>::Made = __private::made();)
}

/// Whether the return type is a `Result` with its own error type, which the signature spells out.
fn names_error(ty: &Type) -> bool {
    !has_impl_trait(ty)
        && !borrows(ty.to_token_stream())
        && last_segment(ty).is_some_and(|last| last.ident == "Result")
        && generic_arguments(ty).len() == 2
}

/// Whether it contains a lifetime that is inferred at a call of the function.
fn borrows(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let borrows = match token {
            TokenTree::Group(group) => borrows(group.stream()),
            TokenTree::Punct(mark) if mark.as_char() == '\'' => {
                !matches!(tokens.peek(), Some(TokenTree::Ident(name)) if name == "static")
            }
            TokenTree::Punct(mark) if mark.as_char() == '&' => {
                !matches!(tokens.peek(), Some(TokenTree::Punct(tick)) if tick.as_char() == '\'')
            }
            _ => false,
        };
        if borrows {
            return true;
        }
    }
    false
}

/// Whether it is a handshake by its name and that of its codec, which has no bounds on other types.
fn is_handshake(ty: &Type) -> bool {
    let is_codec = |codec: &&Type| last_segment(codec).is_some_and(|last| last.ident == "Raw");
    known(ty) == Some(Known::Handshake) && generic_arguments(ty).iter().all(is_codec)
}

fn argument(parameter: &Parameter, state: &TokenStream) -> TokenStream {
    let ty = parameter.ty();
    let cfgs = conditions(&parameter.node.attrs);
    // A parameter that looks like a body extractor is resolved by a function with an error for that case.
    let resolve = if known(ty) == Some(Known::Body) { "head" } else { "arg" };
    let resolve = Ident::new(resolve, span(ty));
    quote_spanned!(span(ty)=> #(#cfgs)* __private::Parameter::<#ty, #state>::NEW.#resolve())
}

/// A type that hides another one, as in `Result<(), impl Error>`, cannot be written twice: it is inferred from the
/// handler.
fn outcome(function: &Function) -> TokenStream {
    if let Some(ty) = judged_output(function) {
        return quote_spanned!(place(ty)=> __OUTCOME);
    }
    match &function.sig.output {
        ReturnType::Default => quote_spanned!(function.name().span()=> __private::outcome::<()>()),
        ReturnType::Type(_, ty) if has_impl_trait(ty) => {
            quote_spanned!(span(ty)=> __private::outcome())
        }
        ReturnType::Type(_, ty) => quote_spanned!(span(ty)=> __private::outcome::<#ty>()),
    }
}

/// The first token of a type. If two errors have the same message at the same place, rustc reports only one.
fn place(ty: &Type) -> Span {
    let first = ty.to_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}

/// The span of a type, resolved at the macro call: rustc suggests no edits (`&State<T>`) to code from a macro.
fn span(ty: &Type) -> Span {
    Span::call_site().located_at(place(ty))
}

fn registered(endpoint: &Endpoint, function: &Function, written: &TokenStream) -> TokenStream {
    let sources = source::sources(function, written);
    let name = function.name().to_string();
    let name = name.trim_start_matches("r#");
    let path = route(endpoint, written);
    let group = endpoint.options.group.as_ref().map(syn::LitStr::value).unwrap_or_default();
    let (line, text) = (sources.line, &sources.text);
    let (route_mark, name_mark) = (sources.route.tokens(), sources.name.tokens());
    let params = function.extractors().iter().zip(&sources.parameters).map(|(one, mark)| param(one, *mark));
    let options = options(&endpoint.options);
    let reads_cookies = reads_cookies(function);
    let (docs, first) = (docs::text(&function.attrs), first(function));
    let types = function.extractors().iter().map(conditional_type);
    quote! {
        __private::Registered {
            name: #name,
            route: #path,
            group: #group,
            module: ::core::module_path!(),
            source: __private::Source {
                file: ::core::file!(),
                line: #line,
                text: #text,
                route: #route_mark,
                name: #name_mark,
            },
            params: &[#(#params),*],
            options: #options,
            reads_cookies: #reads_cookies,
            unwinds: ::core::cfg!(panic = "unwind"),
            bind: __bind,
            describe: __private::described!(#docs, #first, [#(#types),*]),
        }
    }
}

/// A type of a parameter, with the conditions under which there is one.
fn conditional_type(parameter: &Parameter) -> TokenStream {
    let ty = parameter.ty();
    let cfgs = conditions(&parameter.node.attrs);
    quote!(#(#cfgs)* #ty)
}

/// The text of the route, or the constant, which the compiler checks when it evaluates it.
fn route(endpoint: &Endpoint, written: &TokenStream) -> TokenStream {
    if let Some(route) = endpoint.route() {
        return route.text.to_token_stream();
    }
    let arities = check::path_arities(endpoint);
    let place = written.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span());
    let place = Span::call_site().located_at(place);
    quote_spanned!(place=> __private::constant_route(#written, &[#(#arities),*]))
}

fn param(parameter: &Parameter, mark: Mark) -> TokenStream {
    let (ty, mark) = (one_line(parameter.ty()), mark.tokens());
    let cfgs = conditions(&parameter.node.attrs);
    quote!(#(#cfgs)* __private::Param { ty: #ty, mark: #mark })
}

/// Only the options that are written: rustc compiles each of these tokens for each endpoint.
fn options(options: &Options) -> TokenStream {
    let some = |value: TokenStream| quote!(__private::Some(#value));
    let subprotocols = Some(&options.subprotocols).filter(|list| !list.is_empty());
    let allow = options.allow.iter().map(|allowed| {
        let (rule, reason) = (allowed.rule.name, &allowed.reason);
        quote!(__private::Allowed { rule: #rule, reason: #reason })
    });
    let allow = (!options.allow.is_empty()).then(|| quote!(&[#(#allow),*]));
    let fields = [
        ("state", options.state.as_ref().map(|ty| some(one_line(ty).to_token_stream()))),
        ("origins", options.origins.as_ref().map(origins).map(some)),
        ("subprotocols", subprotocols.map(|list| quote!(&[#(#list),*]))),
        ("max_message_size", options.max_message_size.map(|size| some(size.to_token_stream()))),
        ("compression", options.compression.map(compression).map(some)),
        ("heartbeat", options.heartbeat.map(heartbeat).map(some)),
        ("heartbeat_message", options.heartbeat_message.map(heartbeat_message).map(some)),
        ("guarded", options.guarded.then(|| quote!(true))),
        ("allow", allow),
    ];
    let written = fields.into_iter().filter_map(|(name, value)| {
        let (name, value) = (format_ident!("{name}"), value?);
        Some(quote!(#name: #value,))
    });
    let written: Vec<_> = written.collect();
    if written.is_empty() {
        return quote!(__private::Options::NONE);
    }
    quote!(__private::Options { #(#written)* ..__private::Options::NONE })
}

fn compression(option: CompressionOption) -> TokenStream {
    match option {
        CompressionOption::Off => quote!(__private::CompressionOption::Off),
        CompressionOption::Deflate => quote!(__private::CompressionOption::Deflate),
    }
}

fn origins(origins: &OriginsOption) -> TokenStream {
    match origins {
        OriginsOption::Any => quote!(__private::OriginOption::Any),
        OriginsOption::List(list) => quote!(__private::OriginOption::List(&[#(#list),*])),
    }
}

fn heartbeat_message(option: HeartbeatMessageOption) -> TokenStream {
    match option {
        HeartbeatMessageOption::OfServer => quote!(__private::HeartbeatMessageOption::OfServer),
        HeartbeatMessageOption::Every(duration) => {
            let millis = millis(duration);
            quote!(__private::HeartbeatMessageOption::Every(#millis))
        }
    }
}

fn heartbeat(heartbeat: HeartbeatOption) -> TokenStream {
    match heartbeat {
        HeartbeatOption::Off => quote!(__private::HeartbeatOption::Off),
        HeartbeatOption::Every(duration) => {
            let millis = millis(duration);
            quote!(__private::HeartbeatOption::Every(#millis))
        }
    }
}

fn millis(duration: Duration) -> TokenStream {
    // At most a day, so it fits.
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).into_token_stream()
}

#[cfg(test)]
mod tests {
    use sockeye_rules::syntax::parse;

    use super::*;

    fn count(tokens: TokenStream) -> usize {
        let each = tokens.into_iter().map(|token| match token {
            TokenTree::Group(group) => 2 + count(group.stream()),
            _ => 1,
        });
        each.sum()
    }

    /// Every `cargo check` of a user compiles these tokens for each endpoint.
    #[test]
    fn little_is_added_to_a_handler() {
        let item = quote!(
            async fn chat(h: Handshake, Path(id): Path<u64>, State(hub): State<Hub>) -> sockeye::Result {}
        );
        let before = count(item.clone());
        let endpoint = parse(quote!("/ws/{id}"), item.clone());
        let added = count(expand(&endpoint, item)) - before;
        assert!(added < 420, "{added} tokens are added");
    }
}
