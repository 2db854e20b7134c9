use crate::{
    DEAF_LOOP,
    flow::{
        Act, Connection, Deed, Exit, Flavor, Flow, Kind, Loop, NodeId, Operation, Outcomes, Step, Within,
    },
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for connection in 0..flow.roots.len() {
        let Some(send) = deaf(flow, connection) else {
            check_answers(flow, connection, sink);
            continue;
        };
        let root = &flow.roots[connection];
        let message = format!(
            "{} sends but never receives: it does not notice when the peer leaves, and keeps sending",
            loop_of(send)
        );
        let receive = format!(
            "receive in the same loop: `tokio::select! {{ {}, .. }}`",
            flow.receive_branch(&flow.receiving_from(root))
        );
        let help = match flow.forwarding(root) {
            Some(forward) => {
                format!("{receive}; or, if the client only listens, write {forward} in place of the loop")
            }
            None => receive,
        };
        sink.report(&DEAF_LOOP, &send.site.method, message, help);
    }
}

/// The loop around the send, or that of the helper that does it.
fn loop_of(send: &Operation) -> String {
    match send.site.helper {
        Some(Deed::Streams) => format!("the loop in `{}`", send.site.method),
        _ => "this loop".to_owned(),
    }
}

/// On axum nothing is read between two `recv`, not even a ping. Sockeye reads ahead.
fn check_answers(flow: &Flow<'_>, connection: Connection, sink: &mut Sink) {
    if flow.flavor != Flavor::Axum {
        return;
    }
    let mut sends =
        flow.operations().filter(|(_, one)| one.act == Act::Send && one.handle.connection == connection);
    let is_it = |id: NodeId| is_answer(flow, id, connection) && !may_end(flow, id);
    let Some((_, send)) = sends.find(|(id, _)| is_it(*id)) else { return };
    let message = format!(
        "while {} sends, nothing receives: a ping, a close or a cancel of the client waits until it has ended",
        loop_of(send)
    );
    let help = format!(
        "receive in the same loop: `tokio::select! {{ {}, .. }}`",
        flow.receive_branch(&flow.receiving_from(&flow.roots[connection]))
    );
    sink.report(&DEAF_LOOP, &send.site.method, message, help);
}

/// Whether it is in a loop over another source that is awaited, within the receive loop.
fn is_answer(flow: &Flow<'_>, send: NodeId, connection: Connection) -> bool {
    let receives = |id: &NodeId| {
        let operation = flow.graph.operation(*id);
        operation.is_some_and(|one| {
            matches!(one.act, Act::Poll | Act::Recv) && one.handle.connection == connection
        })
    };
    let is_followed = |id: NodeId| !matches!(flow.graph.nodes[id].step, Step::Unknown | Step::Escape(_));
    // A task receives nothing, and the loop that spawns it goes on.
    let spawn = match flow.graph.nodes[send].within {
        Within::Task(spawn) => Some(spawn),
        _ => None,
    };
    let spawns = |one: &&Loop| spawn.is_some_and(|spawn| one.nodes.contains(&spawn));
    let mut around: Vec<_> = flow.graph.lasting_loops(send).filter(|one| !spawns(one)).collect();
    around.sort_by_key(|one| one.nodes.len());
    let [inner, outer @ ..] = around.as_slice() else { return false };
    let is_deaf = || !inner.nodes.clone().any(|id| receives(&id)) && inner.nodes.clone().all(is_followed);
    !outer.is_empty()
        && flow.waits_within(&inner.nodes)
        && is_deaf()
        && outer.iter().any(|one| one.nodes.clone().any(|id| receives(&id)))
}

/// The first send in a loop that awaits something else, while nothing receives from the connection.
pub(super) fn deaf<'f>(flow: &'f Flow<'_>, connection: Connection) -> Option<&'f Operation> {
    let root = &flow.roots[connection];
    // Code that lends out the socket cannot receive in the meantime, but may do so afterwards.
    let is_lent = root.borrowed && root.kind == Kind::Socket;
    if root.is_partial() && !is_lent || flow.is_heard_here(connection) {
        return None;
    }
    let mut sends = flow
        .operations()
        .filter(|(_, operation)| operation.act == Act::Send && operation.handle.connection == connection);
    let is_deaf = |id: NodeId| {
        waits_in_a_loop(flow, id)
            && !may_end(flow, id)
            && (!is_lent || flow.owns(connection) || only_errors_end(flow, id))
    };
    sends.find(|(id, _)| is_deaf(*id)).map(|(_, operation)| operation)
}

/// Whether a loop sends while nothing receives from the connection.
pub(crate) fn is_deaf(flow: &Flow<'_>, connection: Connection) -> bool {
    deaf(flow, connection).is_some()
}

/// Whether only an error of an operation leaves the innermost loop around the step.
pub(super) fn only_errors_end(flow: &Flow<'_>, id: NodeId) -> bool {
    let Some(innermost) = flow.graph.lasting_loops(id).min_by_key(|one| one.nodes.len()) else {
        return false;
    };
    let fails = |step: &Step| matches!(step, Step::Outcome { among, .. } if !among.meets(Outcomes::DONE));
    let ways = flow.graph.walk(&[innermost.header], |_, node| fails(&node.step));
    ways.iter().all(|way| match &flow.graph.nodes[*way].step {
        Step::Exit { how, .. } => *how == Exit::Never,
        Step::Unknown | Step::Doubt | Step::Escape(_) => false,
        _ => *way == innermost.header || innermost.nodes.contains(way),
    })
}

/// Code that another branch or the owner of a task can end may be ended there.
fn may_end(flow: &Flow<'_>, send: NodeId) -> bool {
    flow.graph.is_cancellable(send) || comes_to_a_close(flow, send)
}

/// Whether it ends with `close`: then its sends end, and each of them detects whether the peer is still there.
fn comes_to_a_close(flow: &Flow<'_>, send: NodeId) -> bool {
    let connection = flow.graph.operation(send).map(|operation| operation.handle.connection);
    let closes = |id: &NodeId| {
        let operation = flow.graph.operation(*id);
        operation.is_some_and(|one| one.act == Act::Close && Some(one.handle.connection) == connection)
    };
    flow.graph.walk(&[send], |_, _| false).iter().any(closes)
}

/// Whether the step is reached again on a path that awaits something else.
pub(crate) fn waits_in_a_loop(flow: &Flow<'_>, send: NodeId) -> bool {
    flow.graph.lasting_loops(send).any(|one| flow.waits_within(&one.nodes))
}
