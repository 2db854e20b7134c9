use proc_macro2::{Ident, TokenStream, TokenTree};

use crate::{
    UNUSED_PATH_PARAMETER,
    syntax::{Endpoint, Function, Known, Sink, known, one_line},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let (Some(function), Some(route)) = (endpoint.function(), endpoint.sound_route()) else { return };
    let unused: Vec<_> = route.parameters.iter().filter(|one| !one.name.starts_with('_')).collect();
    if unused.is_empty() || could_be_read(function) {
        return;
    }
    let route_text = one_line(&route.literal);
    let names: Vec<_> = unused.iter().map(|one| format!("`{{{}}}`", one.name)).collect();
    let message = match &names[..] {
        [name] => format!("nothing reads the parameter {name} of the route {route_text}"),
        [all @ .., last] => {
            format!("nothing reads the parameters {} and {last} of the route {route_text}", all.join(", "))
        }
        [] => return,
    };
    let ignored = unused.iter().fold(route_text.clone(), |text, one| {
        let star = if one.catch_all { "*" } else { "" };
        text.replace(&format!("{{{star}{}}}", one.name), &format!("{{{star}_{}}}", one.name))
    });
    let (read, ignore) = if unused.len() == 1 { ("read it", "it") } else { ("read them", "them") };
    let help = format!("{read} with `{}`, or write {ignored} to ignore {ignore}", route.extractor(&[]));
    sink.report(&UNUSED_PATH_PARAMETER, &route.literal, message, help);
}

/// Whether a parameter or the body can access the path. Anything unknown counts as access.
fn could_be_read(function: &Function) -> bool {
    let blind = function.extractors().iter().all(|parameter| known(parameter.ty()) == Some(Known::Head));
    let handshake = function.parameters.first();
    let Some(handshake) = handshake.filter(|first| blind && known(first.ty()) == Some(Known::Handshake))
    else {
        return true;
    };
    match handshake.binding() {
        Some(name) => reads_or_passes_on(function.body().stream(), name),
        None => one_line(&handshake.node.pat) != "_",
    }
}

/// Whether the body reads the URI, or uses the handshake other than to call a method on it: then other code may read it.
fn reads_or_passes_on(body: TokenStream, handshake: &Ident) -> bool {
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match &token {
            TokenTree::Group(group) => reads_or_passes_on(group.stream(), handshake),
            TokenTree::Ident(word) if word == handshake => {
                !matches!(tokens.peek(), Some(TokenTree::Punct(dot)) if dot.as_char() == '.')
            }
            TokenTree::Ident(word) => word == "uri",
            TokenTree::Literal(text) => is_format_of(&text.to_string(), handshake),
            TokenTree::Punct(_) => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// `"{handshake:?}"` in a format string prints it, URI included.
fn is_format_of(text: &str, handshake: &Ident) -> bool {
    text.contains(&format!("{{{handshake}"))
}
