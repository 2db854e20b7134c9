use syn::Type;

use crate::{
    RAW_UPGRADE,
    syntax::{Endpoint, Function, Known, Sink, known, one_line},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(function) = endpoint.function() else { return };
    for parameter in function.parameters.iter().filter(|parameter| is_raw(parameter.ty())) {
        let message =
            format!("`{}` is axum's own WebSocket API, which `Handshake` replaces", one_line(parameter.ty()));
        let mut help = if has_handshake(function) {
            format!("remove `{}`", parameter.text())
        } else {
            "write `handshake: Handshake` as the first parameter".to_owned()
        };
        help.push_str("; `handshake.accept().await?` returns the socket");
        sink.report(&RAW_UPGRADE, &parameter.node.ty, message, help);
    }
}

fn is_raw(ty: &Type) -> bool {
    known(ty) == Some(Known::RawUpgrade)
}

fn has_handshake(function: &Function) -> bool {
    function.parameters.iter().any(|parameter| known(parameter.ty()) == Some(Known::Handshake))
}
