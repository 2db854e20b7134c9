use crate::{
    SELF_RECEIVER,
    syntax::{Endpoint, Function, Sink},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    let Some(receiver) = &function.receiver else { return };
    let message =
        format!("the endpoint `{}` takes `self`, but the server has no value to call it on", function.name());
    let help = "make it a free function and share what it needs: write `State(this): State<T>` and `Server::state(..)`";
    sink.report(&SELF_RECEIVER, receiver, message, help).shape();
}

/// A function without `self` in the `impl` block of a type: nothing can be registered in there.
pub(crate) fn check_place(function: &Function, of: Option<&str>, sink: &mut Sink) {
    let Some(of) = of.filter(|_| function.receiver.is_none()) else { return };
    let name = function.name();
    let message =
        format!("the endpoint `{name}` is in an `impl` block of `{of}`, where it cannot be registered");
    let help = format!("move `{name}` out of the `impl` block; it can still call functions of `{of}`");
    sink.report(&SELF_RECEIVER, name, message, help);
}
