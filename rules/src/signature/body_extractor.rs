use syn::Type;

use crate::{
    BODY_EXTRACTOR,
    flow::Imports,
    syntax::{
        Endpoint, Function, Known, Parameter, Sink, generic_arguments, known, last_segment, one_line,
        segments, spelled,
    },
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    for parameter in function.parameters.iter().filter(|parameter| is_certain(parameter.ty())) {
        report(parameter, sink);
    }
}

/// A bare `Json` that the file imports from axum.
pub(crate) fn check_imported(function: &Function, imports: &Imports, sink: &mut Sink) {
    for parameter in function.parameters.iter().filter(|parameter| !is_certain(parameter.ty())) {
        if is_imported(parameter.ty(), imports) {
            report(parameter, sink);
        }
    }
}

fn report(parameter: &Parameter, sink: &mut Sink) {
    let message = format!(
        "`{}` reads the request body, but a WebSocket handshake has no body",
        one_line(parameter.ty())
    );
    sink.report(&BODY_EXTRACTOR, &parameter.node.ty, message, help(parameter));
}

fn is_imported(ty: &Type, imports: &Imports) -> bool {
    const CRATES: [&str; 5] = ["axum", "axum_extra", "axum_core", "http", "bytes"];
    let path = imports.resolve(&spelled(ty).unwrap_or_default());
    let is_of_crate = segments::split_first(&path).is_some_and(|(first, _)| CRATES.contains(&first));
    is_of_crate && known(ty) == Some(Known::Body)
}

/// Whether the type is certain. A bare `Json` can be the user's own type that reads a header: the macro leaves it to the
/// type check, whose message is the same.
fn is_certain(ty: &Type) -> bool {
    let written = spelled(ty).unwrap_or_default();
    known(ty) == Some(Known::Body) && (written.contains("::") || written == "String")
}

fn help(parameter: &Parameter) -> String {
    let name = last_segment(parameter.ty()).map(|segment| segment.ident.to_string()).unwrap_or_default();
    let inner = generic_arguments(parameter.ty()).first().map_or_else(|| "T".to_owned(), |ty| one_line(*ty));
    match name.as_str() {
        "Json" => format!(
            "receive it as a message: write `handshake: Handshake<Json<{inner}, ()>>`, with the type that you send in place of `()`, and `socket.recv().await?`"
        ),
        "Form" => format!("write `Query<{inner}>` to read it from the query string"),
        "Request" => "extract only the parts you need, such as `headers: HeaderMap` or `uri: Uri`".to_owned(),
        "String" => {
            "receive it as a message with `socket.recv().await?`, or read it from the path with `Path<String>`".to_owned()
        }
        _ => "receive it as a message with `socket.recv().await?`".to_owned(),
    }
}
