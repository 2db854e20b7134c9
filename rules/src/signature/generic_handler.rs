use quote::ToTokens;

use crate::{
    GENERIC_HANDLER,
    syntax::{Endpoint, Function, Sink, has_impl_trait, one_line},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    generics(function, sink);
    for parameter in function.parameters.iter().filter(|parameter| has_impl_trait(parameter.ty())) {
        let written = one_line(parameter.ty());
        let message =
            format!("`{written}` is not a concrete type: the server must know the type to call the endpoint");
        sink.report(&GENERIC_HANDLER, &parameter.node.ty, message, "write the concrete type").shape();
    }
}

fn generics(function: &Function, sink: &mut Sink) {
    let generics = &function.sig.generics;
    let open: &dyn ToTokens = match &generics.where_clause {
        _ if !generics.params.is_empty() => generics,
        Some(bounds) => bounds,
        None => return,
    };
    let name = function.name();
    let message =
        format!("the endpoint `{name}` is generic: the server cannot know for which types to register it");
    let help =
        format!("remove `{}`, and write one endpoint per type that calls a generic function", one_line(open));
    sink.report(&GENERIC_HANDLER, open, message, help).shape();
}
