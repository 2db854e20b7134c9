use crate::{
    DETACHED_TASK,
    flow::{Flavor, Flow, Step},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if flow.flavor == Flavor::Axum {
        return; // nothing there can tie a task to a connection
    }
    for (_, step) in flow.steps() {
        let Step::Spawn { at, takes, tied: false } = step else { continue };
        if takes.is_empty() {
            continue;
        }
        let message = "nothing ties this task to the connection it takes: it goes on when the client has left, and its errors are lost";
        sink.report(
            &DETACHED_TASK,
            at,
            message,
            "run it with `socket.spawn(..)` or `sender.spawn(..)`, which ends it with the connection; or wait for it with `tokio::select!`, or call `abort` on what `spawn` gives",
        );
    }
}
