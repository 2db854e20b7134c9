use crate::{
    DETACHED_TASK,
    flow::{Act, Flavor, Flow, Handle, Kind, NodeId, Outcomes, Step, Within, has_word},
    syntax::Sink,
};

/// Methods that give a receiver which goes on when the client has left: its senders belong to the whole program.
const SUBSCRIBES: [&str; 4] = [".subscribe", ".resubscribe", ".new_receiver", ".watch"];

/// Methods that wait for the next of something.
const RECEIVES: [&str; 4] = ["recv", "next", "recv_many", "recv_async"];

const SOCKEYE: &str = "spawn it with `socket.spawn(..)` or `sender.spawn(..)`, which end it with the connection; or await it in `tokio::select!`, or call `abort` on its `JoinHandle`";

const AXUM: &str = "keep its `JoinHandle` and call `abort` when the client has left, or await `&mut handle` in `tokio::select!`; or spawn it in a `tokio::task::JoinSet`, which ends its tasks when it is dropped";

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (spawn, step) in flow.steps() {
        let Step::Spawn { at, takes, tied: false, .. } = step else { continue };
        if takes.is_empty() || ends_by_itself(flow, spawn, takes) || may_end_on_axum(flow, spawn, takes) {
            continue;
        }
        let message = "this task is detached from the connection that it uses: it keeps running after the client has left, and its errors are lost";
        let help = match flow.flavor {
            Flavor::Sockeye => SOCKEYE,
            Flavor::Axum => AXUM,
        };
        sink.report(&DETACHED_TASK, at, message, help);
    }
}

/// Whether the task ends soon, with the connection, or with what it receives.
fn ends_by_itself(flow: &Flow<'_>, spawn: NodeId, takes: &[Handle]) -> bool {
    // With the whole socket the task is the handler, and nobody learns how it ends.
    if !takes.iter().all(|handle| matches!(handle.kind, Kind::Sender | Kind::Receiver)) {
        return false;
    }
    let within = |id: &NodeId| flow.graph.nodes[*id].within == Within::Task(spawn);
    let round: Vec<_> =
        flow.steps().map(|(id, _)| id).filter(|id| within(id) && flow.graph.in_cycle(*id)).collect();
    // Where the steps of the task are not known, nobody can say that it goes on.
    let is_known = flow.steps().any(|(id, _)| within(&id));
    is_known
        && (round.is_empty()
            || round.iter().any(|id| sees_the_end(flow, *id, takes))
            || round.iter().any(|id| receives_what_may_end(&flow.graph.nodes[*id].step)))
}

/// On axum a task that sends in turn with a timer ends with its next send. One that waits for a source of the whole program, which
/// goes on when the client has left, does not; and a task with the whole socket is the handler itself.
fn may_end_on_axum(flow: &Flow<'_>, spawn: NodeId, takes: &[Handle]) -> bool {
    let is_half = takes.iter().all(|handle| handle.kind == Kind::Sender);
    let waits_for_all = flow.steps().any(|(id, step)| {
        flow.graph.nodes[id].within == Within::Task(spawn)
            && flow.graph.in_cycle(id)
            && receives_from_all(flow, step)
    });
    flow.flavor == Flavor::Axum && !(is_half && waits_for_all)
}

/// Whether it waits for a channel that others subscribe to as well.
fn receives_from_all(flow: &Flow<'_>, step: &Step) -> bool {
    let Step::Call(call) = step else { return false };
    if let Some((of, method)) = call.of.as_deref().and_then(|path| path.rsplit_once('.')) {
        return RECEIVES.contains(&method)
            && (SUBSCRIBES.contains(&of) || of.ends_with("broadcast::Receiver"));
    }
    // `let mut events = events.subscribe();` hides the name, so its type is not known.
    let receives = call.path.rsplit_once('.').is_some_and(|(_, method)| RECEIVES.contains(&method));
    receives && has_word(&flow.function.body, &["subscribe", "resubscribe"])
}

/// Whether it receives from the peer and leaves when there is nothing more.
fn sees_the_end(flow: &Flow<'_>, id: NodeId, takes: &[Handle]) -> bool {
    let Some(recv) = flow.graph.operation(id).filter(|one| one.act == Act::Recv) else { return false };
    let again = flow.graph.walk_outcome(id, Outcomes::END, |next, _| next == id).contains(&id);
    takes.contains(&recv.handle) && !again
}

/// Whether it waits for a channel whose senders may go with the client, such as one that a registry gave.
fn receives_what_may_end(step: &Step) -> bool {
    let Step::Call(call) = step else { return false };
    let Some((of, method)) = call.of.as_deref().and_then(|path| path.rsplit_once('.')) else { return false };
    RECEIVES.contains(&method) && of.starts_with('.') && !SUBSCRIBES.contains(&of)
}
