use crate::{
    MISPLACED_HANDSHAKE,
    syntax::{Endpoint, Function, Known, Parameter, Sink, known, spelled},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    let Some((at, handshake)) = misplaced(function) else { return };
    let message = format!("the handshake must be the first parameter of the endpoint `{}`", function.name());
    sink.report(&MISPLACED_HANDSHAKE, &handshake.node, message, help(function, at)).shape();
}

/// A handshake after a parameter that certainly is not one. Without that certainty the first could be an alias of
/// `Handshake`, and the later one a type of the user with the same name.
fn misplaced(function: &Function) -> Option<(usize, &Parameter)> {
    let first = function.parameters.first()?;
    let first_is = known(first.ty());
    if first_is == Some(Known::Handshake) {
        return None;
    }
    let mut later = function.parameters.iter().enumerate().skip(1);
    later.find(|(_, parameter)| {
        let certain =
            first_is.is_some() || spelled(parameter.ty()).is_some_and(|path| path == "sockeye::Handshake");
        known(parameter.ty()) == Some(Known::Handshake) && certain
    })
}

fn help(function: &Function, at: usize) -> String {
    let mut all: Vec<_> = function.parameters.iter().map(Parameter::text).collect();
    let handshake = all.remove(at);
    all.insert(0, handshake);
    format!("write `{}({})`", function.name(), all.join(", "))
}
