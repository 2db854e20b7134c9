use crate::{
    MISSING_AWAIT,
    flow::{Act, Flow, Step},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (_, step) in flow.steps() {
        let Step::Unawaited { act, site, is_dropped } = step else { continue };
        let message = format!("`{}` is not awaited: {}", site.method, nothing(*act));
        let question = if *is_dropped && flow.can_fail() { "?" } else { "" };
        let help = format!("write `{}.await{question}`", site.call());
        sink.report(&MISSING_AWAIT, &site.method, message, help);
    }
}

fn nothing(act: Act) -> &'static str {
    match act {
        Act::Accept => "the handshake is never answered",
        Act::Recv => "nothing is received",
        Act::Close => "the connection is not closed",
        Act::Flush => "nothing is flushed",
        Act::Forward => "nothing is forwarded",
        _ => "the message is never sent",
    }
}
