use crate::{
    PANICKING_IO,
    flow::{Act, Flavor, Flow, Operation, Outcomes, Step},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (id, step) in flow.steps() {
        let Step::Unwrap { of, bad, act, at } = step else { continue };
        // After a check of the outcome, `unwrap` is fine.
        let follows = flow.graph.nodes[*of].next.contains(&id);
        if !follows && !flow.graph.walk_outcome(*of, *bad, |_, _| false).contains(&id) {
            continue;
        }
        let message = format!("`{at}` panics {}", when(*act, *bad));
        let help = match flow.graph.operation(*of) {
            Some(operation) => instead(flow, operation, *bad),
            None => passed_on(flow, *act),
        };
        sink.report(&PANICKING_IO, at, message, help);
    }
}

/// What to write in place of the `unwrap`.
fn instead(flow: &Flow<'_>, of: &Operation, bad: Outcomes) -> String {
    if of.act == Act::Send && flow.flavor == Flavor::Axum {
        return format!(
            "write `if {}.await.is_err() {{ {} }}`: the client is gone",
            of.site.call(),
            flow.way_out()
        );
    }
    let is_axum = flow.flavor == Flavor::Axum;
    if of.act != Act::Recv || bad != Outcomes::END && !is_axum {
        return passed_on(flow, of.act);
    }
    let timeout = flow.timeout_around(&of.site);
    let call = if is_axum { of.site.call() } else { format!("{}.recv()", of.site.on_or("socket")) };
    let received = flow.received(timeout.as_ref().unwrap_or(&call), timeout.is_some());
    format!("write `let {received} else {{ {} }};`", flow.way_out())
}

fn passed_on(flow: &Flow<'_>, act: Act) -> String {
    let text = match act {
        _ if flow.flavor == Flavor::Axum => "return when it fails: the client is gone",
        _ if !flow.can_fail() => "return `sockeye::Result` from the function, and write `?` here",
        Act::Accept => "write `?`, which ends the handler",
        _ => "write `?`: it ends the handler with the right close code",
    };
    text.to_owned()
}

fn when(act: Act, bad: Outcomes) -> &'static str {
    match act {
        _ if bad == Outcomes::LATE => "when the client takes longer than the timeout",
        Act::Accept => "when the client leaves during the handshake, which any client can do",
        Act::Recv if bad == Outcomes::END => "when the peer closes, which is how every connection ends",
        Act::Recv => "when the connection breaks, or the peer sends an invalid message",
        Act::Forward => "when the connection breaks, or the stream fails",
        _ => "when the peer is gone, which is how every connection ends",
    }
}
