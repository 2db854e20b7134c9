use crate::{
    SELF_RECEIVER,
    syntax::{Endpoint, Sink},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    let Some(receiver) = &function.receiver else { return };
    let message =
        format!("the endpoint `{}` takes `self`, but the server has no value to call it on", function.name());
    let help = "make it a free function and share what it needs: write `State(this): State<T>` and `Server::state(..)`";
    sink.report(&SELF_RECEIVER, receiver, message, help).shape();
}
