use crate::{
    NOT_AN_EXTRACTOR,
    surroundings::Surroundings,
    syntax::{Endpoint, Function, Known, Sink, generic_arguments, known, one_line, spelled},
};

/// The maximum number of parameters after the handshake, as for axum's own handlers.
const MOST: usize = 16;

/// Whether a type is an extractor is checked by type, except for numbers; tokens can only be counted.
pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    for plain in function.extractors().iter().filter(|one| known(one.ty()) == Some(Known::Plain)) {
        let written = one_line(plain.ty());
        let name = plain.binding().map_or_else(|| "value".to_owned(), ToString::to_string);
        let message =
            format!("a parameter is taken from the request by an extractor, and `{written}` is not one");
        let help = format!(
            "for a parameter of the route write `Path({name}): Path<{written}>`, and `{{{name}}}` in the route"
        );
        sink.report(&NOT_AN_EXTRACTOR, &plain.node.ty, message, help);
    }
    check_number(function, sink);
}

/// `Option<App>` for an `App` of the file that implements no extractor, where `Option<State<App>>` is meant.
pub(crate) fn check_option(function: &Function, around: &Surroundings, sink: &mut Sink) {
    for parameter in function.extractors() {
        let ty = parameter.ty();
        let [inner] = generic_arguments(ty)[..] else { continue };
        let is_option =
            spelled(ty).as_deref() == Some("Option") && around.imports().resolve("Option") == "Option";
        let Some(name) = spelled(inner).filter(|_| is_option && generic_arguments(inner).is_empty()) else {
            continue;
        };
        if around.data(&name).is_none() {
            continue;
        }
        let message =
            format!("a parameter is taken from the request by an extractor, and `{name}` is not one");
        let help = format!("write `Option<State<{name}>>`, or `State<{name}>` if the server always has it");
        sink.report(&NOT_AN_EXTRACTOR, ty, message, help).untyped();
    }
}

fn check_number(function: &Function, sink: &mut Sink) {
    let Some(first_too_many) = function.extractors().get(MOST) else { return };
    let count = function.extractors().len();
    let message = format!("an endpoint can have at most {MOST} extractors, not {count}");
    let help = "move some of them into one struct with `#[derive(axum::extract::FromRequestParts)]`";
    sink.report(&NOT_AN_EXTRACTOR, &first_too_many.node, message, help);
}
