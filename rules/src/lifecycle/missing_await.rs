use crate::{
    MISSING_AWAIT,
    flow::{Act, Flow, Step},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (_, step) in flow.steps() {
        let Step::Unawaited { act, site } = step else { continue };
        let message = format!("`{}` is not awaited: {}", site.method, nothing(*act));
        sink.report(&MISSING_AWAIT, &site.method, message, format!("write `{}.await`", site.call()));
    }
}

fn nothing(act: Act) -> &'static str {
    match act {
        Act::Accept => "the handshake is never answered",
        Act::Recv => "nothing is received",
        Act::Close => "the connection is not closed",
        Act::Flush => "nothing is flushed",
        _ => "the message is never sent",
    }
}
