use crate::{
    NO_DEADLINE,
    flow::{Act, Connection, Flow, Kind, Operation, Step, speaks_of_time},
    syntax::Sink,
};

/// `cargo sockeye check` reports it once for each package.
pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if flow.function.speaks_of_time() || speaks_of_time(&flow.function.sig) {
        return;
    }
    for (connection, root) in flow.roots_of(Kind::Socket).filter(|(_, root)| !root.is_partial()) {
        let Some(receive) = waits_for_both(flow, connection) else { continue };
        if is_timed_elsewhere(flow, connection) {
            continue;
        }
        let message = format!(
            "nothing here notices a client whose network is gone: without a ping or a timeout `{}` waits for ever, and its \
             task, its queues and its memory are never released",
            receive.site.method
        );
        let help = "send `Message::Ping` from a `tokio::time::interval` and return when the client has not answered; Sockeye does this by default";
        sink.report(&NO_DEADLINE, &root.at, message, help);
    }
}

/// How the client's messages are received, if the conversation lasts until it leaves, and also waits for another source or has
/// another task: a single loop that receives and answers holds fewer resources.
fn waits_for_both<'f>(flow: &'f Flow<'_>, connection: Connection) -> Option<&'f Operation> {
    let receives =
        |operation: &Operation| operation.act == Act::Recv && operation.handle.connection == connection;
    let mut lasting = flow.operations().filter(|(id, one)| receives(one) && flow.graph.in_cycle(*id));
    let has_source = flow.steps().any(|(_, step)| match step {
        Step::Operation(one) => receives(one) && one.selected,
        Step::Spawn { takes, .. } => takes.iter().any(|handle| handle.connection == connection),
        _ => false,
    });
    lasting.next().filter(|_| has_source).map(|(_, one)| one)
}

/// Whether the connection is passed to code that may have a deadline: unknown code, or code that mentions time.
fn is_timed_elsewhere(flow: &Flow<'_>, connection: Connection) -> bool {
    let escapes = |step: &Step| matches!(step, Step::Escape(handle) if handle.connection == connection);
    let is_timed = |step: &Step| match step {
        Step::Call(call) => flow.called(call).is_some_and(|one| one.words.speak_of_time()),
        Step::Unknown => true,
        _ => false,
    };
    flow.steps().any(|(_, step)| escapes(step) || is_timed(step))
}
