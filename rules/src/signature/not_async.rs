use crate::{
    NOT_ASYNC,
    syntax::{Endpoint, Sink},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function().filter(|function| function.sig.asyncness.is_none()) else {
        return;
    };
    let name = function.name();
    let message = format!("the endpoint `{name}` must be an `async fn`");
    sink.report(&NOT_ASYNC, &function.sig.fn_token, message, format!("write `async fn {name}`")).shape();
}
