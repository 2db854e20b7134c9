use syn::Type;

use crate::{
    NOT_AN_EXTRACTOR,
    surroundings::Surroundings,
    syntax::{Endpoint, Function, Known, Parameter, Sink, generic_arguments, known, one_line, peel, spelled},
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

/// An `App` of the file that implements no extractor, or `Option<App>`, where `State<App>` or `Query<App>` is meant.
pub(crate) fn check_data(endpoint: &Endpoint, function: &Function, around: &Surroundings, sink: &mut Sink) {
    for parameter in function.extractors() {
        let ty = parameter.ty();
        // With a state of their own, a program can make an extractor of a foreign type.
        let is_found = endpoint.options.state.is_none()
            && (check_std(parameter, around, sink)
                || check_unreadable(parameter, around, sink)
                || check_optional(parameter, around, sink));
        if is_found {
            continue;
        }
        let inner = match generic_arguments(ty)[..] {
            [] => ty,
            [inner] if is_option(ty, around) => inner,
            _ => continue,
        };
        let Some(name) = spelled(inner).filter(|_| generic_arguments(inner).is_empty()) else { continue };
        let Some(data) = around.data(&name) else { continue };
        let message =
            format!("a parameter is taken from the request by an extractor, and `{name}` is not one");
        let written = parameter.binding().map_or_else(|| "value".to_owned(), ToString::to_string);
        let help = if is_option(ty, around) {
            format!("write `Option<State<{name}>>`, or `State<{name}>` if the server always has it")
        } else if data.reads && is_of_route(endpoint, &name, around) {
            format!("write `Path({written}): Path<{name}>`, whose fields are parameters of the route")
        } else if data.reads {
            format!("write `Query({written}): Query<{name}>`, which reads the query string")
        } else {
            let own = "if it is read from the request, implement `axum::extract::FromRequestParts` for it";
            format!("{}; {own}", state(&written, &name))
        };
        sink.report(&NOT_AN_EXTRACTOR, ty, message, help).untyped();
    }
}

fn state(name: &str, ty: &str) -> String {
    format!("write `State({name}): State<{ty}>`, and pass its value to `Server::state`")
}

/// `Query<Q>` and `Path<P>`, with a type of the file that serde cannot read. Returns whether it is reported.
fn check_unreadable(parameter: &Parameter, around: &Surroundings, sink: &mut Sink) -> bool {
    let Type::Path(path) = peel(parameter.ty()) else { return false };
    let from = match around.imports().resolve_path(&path.path).as_str() {
        "axum::extract::Query" | "axum_extra::extract::Query" => "the query string",
        "axum::extract::Path" => "the path",
        _ => return false,
    };
    let [inner] = generic_arguments(parameter.ty())[..] else { return false };
    let Some(name) = spelled(inner).filter(|_| generic_arguments(inner).is_empty()) else { return false };
    if around.data(&name).is_none_or(|data| data.reads) {
        return false;
    }
    let message = format!("`{name}` cannot be read from {from}: it does not implement serde's `Deserialize`");
    let help = format!("write `#[derive(serde::Deserialize)]` on `{name}`, and on every type of yours in it");
    sink.report(&NOT_AN_EXTRACTOR, inner, message, help).untyped();
    true
}

/// `Option<HeaderMap>`, which every request has, and `Option<Query<Q>>`. Returns whether it is reported.
fn check_optional(parameter: &Parameter, around: &Surroundings, sink: &mut Sink) -> bool {
    let ty = parameter.ty();
    let [inner] = generic_arguments(ty)[..] else { return false };
    let Type::Path(path) = peel(inner) else { return false };
    if !is_option(ty, around) {
        return false;
    }
    let written = one_line(inner);
    let (why, help) = match around.imports().resolve_path(&path.path).as_str() {
        "axum::http::HeaderMap"
        | "http::HeaderMap"
        | "axum::http::Uri"
        | "http::Uri"
        | "axum::http::Method"
        | "http::Method" => (format!("every request has a `{written}`"), format!("write `{written}`")),
        "axum::extract::Query" => {
            let inner = generic_arguments(inner).first().map_or_else(|| "T".to_owned(), |ty| one_line(*ty));
            let why = "a request without a query string has an empty one".to_owned();
            (why, format!("write `{written}`, and `Option` in the types of the fields of `{inner}`"))
        }
        _ => return false,
    };
    let message = format!("`{}` is not an extractor: {why}", one_line(ty));
    sink.report(&NOT_AN_EXTRACTOR, ty, message, help).untyped();
    true
}

/// `Arc<App>` and `HashMap<String, String>`: no one can make an extractor of a type of the standard library, except for a state of their
/// own. Returns whether it is reported.
fn check_std(parameter: &Parameter, around: &Surroundings, sink: &mut Sink) -> bool {
    let ty = parameter.ty();
    let Type::Path(path) = peel(ty) else { return false };
    let name = parameter.binding().map_or_else(|| "value".to_owned(), ToString::to_string);
    let written = one_line(ty);
    let help = match around.imports().resolve_path(&path.path).as_str() {
        "std::sync::Arc" | "std::sync::Mutex" | "std::sync::RwLock" | "sockeye::Hub" => {
            state(&name, &written)
        }
        "std::collections::HashMap" | "std::collections::BTreeMap" => {
            format!("write `Query({name}): Query<{written}>`, which reads the query string")
        }
        _ => return false,
    };
    let message =
        format!("a parameter is taken from the request by an extractor, and `{written}` is not one");
    sink.report(&NOT_AN_EXTRACTOR, ty, message, help).untyped();
    true
}

fn is_option(ty: &Type, around: &Surroundings) -> bool {
    spelled(ty).as_deref() == Some("Option") && around.imports().resolve("Option") == "Option"
}

/// Whether the route has the fields of the type.
fn is_of_route(endpoint: &Endpoint, name: &str, around: &Surroundings) -> bool {
    let Some(route) = endpoint.sound_route() else { return false };
    let Some(fields) = around.neighbours().shapes().fields(name) else { return false };
    !fields.is_empty()
        && fields.iter().all(|(field, _)| route.parameters.iter().any(|parameter| parameter.name == *field))
}

fn check_number(function: &Function, sink: &mut Sink) {
    let Some(first_too_many) = function.extractors().get(MOST) else { return };
    let count = function.extractors().len();
    let message = format!("an endpoint can have at most {MOST} extractors, not {count}");
    let help = "move some of them into one struct with `#[derive(axum::extract::FromRequestParts)]`";
    sink.report(&NOT_AN_EXTRACTOR, &first_too_many.node, message, help);
}
