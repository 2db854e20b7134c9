use crate::{
    DEAF_LOOP,
    flow::{Act, Connection, Flow, NodeId, Operation, Step},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for connection in 0..flow.roots.len() {
        let Some(send) = deaf(flow, connection) else { continue };
        let listener = flow.roots[connection].listener();
        let message =
            "this loop sends but never receives: it does not notice when the peer leaves, and keeps sending";
        let help = format!(
            "receive in the same loop: `tokio::select! {{ {}, .. }}`",
            flow.receive_branch(&listener)
        );
        sink.report(&DEAF_LOOP, &send.site.method, message, help);
    }
}

/// The first send in a loop that waits for something else, when nothing listens to the connection.
pub(super) fn deaf<'f>(flow: &'f Flow<'_>, connection: Connection) -> Option<&'f Operation> {
    if flow.roots[connection].is_partial() || flow.is_heard(connection) {
        return None;
    }
    let mut sends = flow
        .operations()
        .filter(|(_, operation)| operation.act == Act::Send && operation.handle.connection == connection);
    sends.find(|(id, _)| waits_in_a_loop(flow, *id) && !may_end(flow, *id)).map(|(_, operation)| operation)
}

/// What another branch or the owner of a task can end may be ended there.
fn may_end(flow: &Flow<'_>, send: NodeId) -> bool {
    flow.graph.is_cancellable(send) || comes_to_a_close(flow, send)
}

/// Whether it ends with `close`: then what it sends has an end, and each send sees whether the peer is still there.
fn comes_to_a_close(flow: &Flow<'_>, send: NodeId) -> bool {
    let connection = flow.graph.operation(send).map(|operation| operation.handle.connection);
    let closes = |id: &NodeId| {
        let operation = flow.graph.operation(*id);
        operation.is_some_and(|one| one.act == Act::Close && Some(one.handle.connection) == connection)
    };
    flow.graph.walk(&[send], |_, _| false).iter().any(closes)
}

/// Whether the step comes round to itself by a way on which something else is waited for.
pub(super) fn waits_in_a_loop(flow: &Flow<'_>, send: NodeId) -> bool {
    let graph = &flow.graph;
    let mut waits =
        graph.lasting_loops(send).flat_map(|one| one.nodes.clone()).filter(|id| flow.reachable[*id]);
    waits.any(|id| matches!(graph.nodes[id].step, Step::Wait) && graph.in_cycle(id))
}
