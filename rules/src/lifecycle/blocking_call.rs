use crate::{
    BLOCKING_CALL,
    flow::{Flow, Step, blocking},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if flow.function.sig.asyncness.is_none() {
        return; // it may run on a thread of its own
    }
    for (_, step) in flow.steps() {
        let Step::Call(call) = step else { continue };
        if let Some(instead) = blocking::instead(call, flow.imports()) {
            let message = format!(
                "`{}` blocks the thread: while it waits, every other connection on that thread waits too",
                blocking::shown(call)
            );
            let help = format!("use {instead}, or move the work to `tokio::task::spawn_blocking`");
            sink.report(&BLOCKING_CALL, &call.at, message, help);
        } else if let Some((helper, blocks)) =
            flow.called(call).and_then(|one| Some((one, one.blocks.as_ref()?)))
        {
            let message = format!(
                "`{}` calls `{blocks}`, which blocks the thread: while it waits, every other connection on that thread waits too",
                helper.name
            );
            let help = "run it with `tokio::task::spawn_blocking(..).await`, or make it asynchronous";
            sink.report(&BLOCKING_CALL, &call.at, message, help);
        }
    }
}
