use crate::{
    SWALLOWED_ERROR,
    flow::{Act, Deed, Flavor, Flow, NodeId, Operation, Outcomes, Step, Tells, Within},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (id, send) in flow.operations().filter(|(_, operation)| operation.act == Act::Send) {
        // Code that another branch or a task's owner can end may be ended there.
        let may_be_ended = flow.graph.is_cancellable(id) && !never_leaves(flow, id);
        if may_be_ended || flow.roots[send.handle.connection].is_partial() {
            continue;
        }
        let lasts = super::deaf_loop::waits_in_a_loop(flow, id);
        if lasts && is_ignored(flow, id) && goes_on(flow, id, send) {
            report(flow, send, sink);
        }
    }
}

fn report(flow: &Flow<'_>, send: &Operation, sink: &mut Sink) {
    let call = send.site.call();
    let (message, help) = match &send.site.helper {
        None => (
            "the error of this `send` is ignored, so the loop keeps sending to a peer that is gone"
                .to_owned(),
            flow.checked(&send.site),
        ),
        Some(Deed::Sends(Tells::Nothing)) => (
            format!(
                "`{call}` returns nothing, not even that its send failed, so the loop keeps sending to a peer that is gone"
            ),
            format!(
                "return the error of the send from `{}`, and leave the loop on it: `if {call}.await.is_err() {{ break }}`",
                send.site.method
            ),
        ),
        Some(_) => (
            format!(
                "the error of `{call}`, which sends, is ignored, so the loop keeps sending to a peer that is gone"
            ),
            flow.checked(&send.site),
        ),
    };
    sink.report(&SWALLOWED_ERROR, &send.site.method, message, help);
}

/// Whether it is in an axum task whose loop has no exit: not even for an error of the send, the only sign that the peer
/// is gone.
fn never_leaves(flow: &Flow<'_>, send: NodeId) -> bool {
    let Some(innermost) = flow.graph.lasting_loops(send).min_by_key(|one| one.nodes.len()) else {
        return false;
    };
    let is_inside = |way: &NodeId| *way == innermost.header || innermost.nodes.contains(way);
    let is_closed = |way: &NodeId| {
        !matches!(flow.graph.nodes[*way].step, Step::Exit { .. } | Step::Unknown | Step::Escape(_))
    };
    flow.flavor == Flavor::Axum
        && matches!(flow.graph.nodes[send].within, Within::Task(_))
        && innermost.endless
        && flow
            .graph
            .walk(&[innermost.header], |_, _| false)
            .iter()
            .all(|way| is_inside(way) && is_closed(way))
}

/// Whether the error leads to the same step as success, with nothing but logging on the way.
pub(crate) fn is_ignored(flow: &Flow<'_>, send: NodeId) -> bool {
    let graph = &flow.graph;
    let stop = |id: NodeId, _: &_| id == send;
    let done = graph.walk_outcome(send, Outcomes::DONE, stop);
    let failed = graph.walk_outcome(send, Outcomes::ERROR, stop);
    let has_effect = |step: &Step| match step {
        Step::Taken { of } => *of == send,
        Step::Pass | Step::Doubt | Step::RunsDry | Step::Outcome { .. } => false,
        _ => true,
    };
    let taken = failed.iter().any(|id| matches!(graph.nodes[*id].step, Step::Taken { of } if of == send));
    let differs = failed.iter().any(|id| !done.contains(id) && has_effect(&graph.nodes[*id].step));
    let skips = done.iter().any(|id| !failed.contains(id) && has_effect(&graph.nodes[*id].step));
    !taken && !differs && !skips
}

/// Whether the loop reaches the same send again, with nothing in between that would notice.
fn goes_on(flow: &Flow<'_>, id: NodeId, send: &Operation) -> bool {
    let notices = |step: &Step, at: NodeId| match step {
        Step::Operation(other) if other.handle.connection == send.handle.connection => match other.act {
            Act::Poll | Act::Recv | Act::Close | Act::Forward => true,
            Act::Send | Act::Flush => at != id && !is_ignored(flow, at),
            _ => false,
        },
        Step::Escape(handle) => handle.connection == send.handle.connection,
        Step::Unknown => true,
        _ => false,
    };
    let stops = |next: NodeId, step: &Step| next == id || notices(step, next);
    let ways = flow.graph.walk_outcome(id, Outcomes::ERROR, |next, node| stops(next, &node.step));
    // Repeated by a lasting loop, not only by one that ends by itself.
    let mut rounds = flow.graph.lasting_loops(id).filter(|one| ways.contains(&one.header));
    let comes_round =
        rounds.any(|one| flow.graph.walk(&[one.header], |next, node| stops(next, &node.step)).contains(&id));
    // If other code receives, that may end the loop through its own condition.
    let may_be_ended = flow.is_heard(send.handle.connection) && leaves_its_loop(flow, id, stops);
    comes_round && !may_be_ended
}

/// Whether the innermost loop can end after the error, other than by exhausting its source.
fn leaves_its_loop(flow: &Flow<'_>, id: NodeId, stops: impl Fn(NodeId, &Step) -> bool) -> bool {
    let Some(innermost) = flow.graph.lasting_loops(id).min_by_key(|one| one.nodes.len()) else { return true };
    let ways = flow.graph.walk_outcome(id, Outcomes::ERROR, |next, node| {
        stops(next, &node.step) || innermost.runs_dry_at == Some(next) || matches!(node.step, Step::RunsDry)
    });
    ways.iter().any(|way| *way != innermost.header && !innermost.nodes.contains(way))
}
