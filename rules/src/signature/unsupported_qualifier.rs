use quote::ToTokens;
use syn::{Safety, Signature};

use crate::{
    UNSUPPORTED_QUALIFIER,
    syntax::{Endpoint, Sink, one_line},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    for (qualifier, why) in qualifiers(&function.sig) {
        let message = format!("an endpoint cannot have `{}`: {why}", one_line(qualifier));
        let help = format!("remove `{}`", one_line(qualifier));
        sink.report(&UNSUPPORTED_QUALIFIER, qualifier, message, help);
    }
}

/// Every qualifier that is not allowed, and why.
fn qualifiers(sig: &Signature) -> Vec<(&dyn ToTokens, &'static str)> {
    let mut found: Vec<(&dyn ToTokens, &'static str)> = Vec::new();
    if let Some(constness) = &sig.constness {
        found.push((constness, "it runs once per connection, never at compile time"));
    }
    if let Safety::Unsafe(safety) = &sig.safety {
        found.push((safety, "the server calls it with input from any client"));
    }
    if let Some(abi) = &sig.abi {
        found.push((abi, "only the server calls it, from Rust"));
    }
    if let Some(variadic) = &sig.variadic {
        found.push((&variadic.dots, "every parameter must be an extractor"));
    }
    found
}
