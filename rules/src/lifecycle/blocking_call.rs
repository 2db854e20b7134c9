use crate::{
    BLOCKING_CALL,
    flow::{Flow, Step, blocking},
    surroundings::Neighbour,
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
            let closure = if instead.contains(".await") && flow.is_in_sync_closure(&call.at) {
                " (a closure cannot await: write a loop in its place)"
            } else {
                ""
            };
            let help = format!("use {instead}{closure}, or move the work to `tokio::task::spawn_blocking`");
            sink.report(&BLOCKING_CALL, &call.at, message, help);
        } else if let Some((helper, blocks)) =
            flow.called(call).and_then(|one| Some((one, one.blocks.as_ref()?)))
        {
            if is_reported_there(flow, helper) {
                continue;
            }
            let message = format!(
                "`{}` calls `{}`, which blocks the thread: while it waits, every other connection on that thread waits too",
                helper.path(),
                blocks.call
            );
            let help = if helper.is_async {
                format!("move the blocking work in `{}` to `tokio::task::spawn_blocking`", helper.path())
            } else {
                "run it with `tokio::task::spawn_blocking(..).await`, or make it asynchronous".to_owned()
            };
            let report = sink.report(&BLOCKING_CALL, &call.at, message, help).in_helper();
            if flow.helpers_are_judged() {
                report.note(format!("the call that blocks is in {}", blocks.line));
            }
        }
    }
}

/// Whether the helper takes a handle too, and is checked separately.
fn is_reported_there(flow: &Flow<'_>, helper: &Neighbour) -> bool {
    helper.takes_handle
        && (flow.helpers_are_judged() || helper.faults.iter().any(|fault| *fault.rule == BLOCKING_CALL))
}
