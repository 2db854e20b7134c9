use crate::{
    IO_BEFORE_ACCEPT,
    flow::{Act, Flow, Kind, Site, State},
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
    for call in flow.failing_in("close", State::FRESH) {
        let by = flow.by_helper(call);
        let message = format!(
            "`Error::close` is returned{by} before `accept`: there is no connection to close, and the client gets a 500"
        );
        let root = flow.roots_of(Kind::Handshake).next();
        let handshake = root.map_or_else(|| "handshake".to_owned(), |(_, root)| root.name_or("handshake"));
        let help = format!("write `{}`", flow.refusing(&handshake));
        sink.report(&IO_BEFORE_ACCEPT, &call.at, message, help);
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
