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
            format!("`{written}` leaves the type open, but the server must know it to call the endpoint");
        sink.report(&GENERIC_HANDLER, &parameter.node.ty, message, "write the type itself").shape();
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
        format!("the endpoint `{name}` is generic, but nothing says for which types to register it");
    let help = format!(
        "write one endpoint for each type, which calls the generic function; here: take out `{}`",
        one_line(open)
    );
    sink.report(&GENERIC_HANDLER, open, message, help).shape();
}
