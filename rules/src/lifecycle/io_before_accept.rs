use crate::{
    IO_BEFORE_ACCEPT,
    flow::{Act, Flow, Site},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (_, operation) in flow.operations().filter(|(_, operation)| operation.act == Act::Early) {
        let site = &operation.site;
        let message = format!(
            "`{}` is called on the handshake, but there is no connection before `accept`: messages go through the socket \
             that `accept` returns",
            site.method
        );
        sink.report(&IO_BEFORE_ACCEPT, &site.method, message, help(flow, site));
    }
}

fn help(flow: &Flow<'_>, site: &Site) -> String {
    let handshake = site.on_or("handshake");
    if site.method == "close" {
        return format!("write `{}`", flow.refusing(&handshake));
    }
    let call = site.call();
    let call = call.split_once('.').map_or(call.as_str(), |(_, call)| call);
    format!("write `{}` first, and `socket.{call}` here", flow.accepting(&handshake))
}
