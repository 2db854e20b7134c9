use std::cell::LazyCell;

use crate::{
    SPINNING_LOOP,
    flow::{Act, Deed, Flow, Loop, NodeId, Operation, Outcomes, Step},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    let mut found = Vec::new();
    for (id, recv) in flow.operations().filter(|(_, operation)| operation.act == Act::Recv) {
        if goes_round_at_the_end(flow, id, recv) {
            found.push(id);
            let method = &recv.site.method;
            let is_unseen = recv.site.helper == Some(Deed::ReceivesUnseen);
            let returned = match recv.site.helper {
                Some(Deed::ReceivesUnseen) => "Ok(())",
                Some(Deed::ReceivesTried) => "Ok(None)",
                _ => "None",
            };
            let message = format!(
                "after the peer has closed, `{method}` returns `{returned}` immediately every time, so this loop never ends"
            );
            let help = if is_unseen {
                format!(
                    "return from `{method}` whether a message was received, and leave the loop when none was"
                )
            } else {
                let way_out = match flow.missing_arm(&recv.site) {
                    _ if recv.selected => flow.receive_branch(&flow.receiving(&recv.site)),
                    Some(arm) => format!("{arm}` as the first arm of the `match"),
                    None => flow.receive_loop_of(&recv.site),
                };
                let helper = match recv.site.helper {
                    Some(_) => format!(", and have `{method}` return `{returned}` only at the end"),
                    None => String::new(),
                };
                format!("leave the loop on `None`: `{way_out}`{helper}")
            };
            sink.report(&SPINNING_LOOP, &recv.site.method, message, help);
        }
    }
    if flow.function.sig.asyncness.is_none() {
        return; // it may run on a thread of its own
    }
    for one in &flow.graph.loops {
        if flow.reachable[one.header] && never_waits(flow, one) {
            let message = "this loop never awaits and never ends: it blocks a thread of the runtime, and every connection on \
                           that thread with it";
            let help =
                "await what the loop waits for, or call `tokio::task::yield_now().await` in each iteration";
            sink.report(&SPINNING_LOOP, &one.keyword, message, help);
        }
    }
}

/// Whether `None` leads to the same `recv` again on every path.
fn goes_round_at_the_end(flow: &Flow<'_>, id: NodeId, recv: &Operation) -> bool {
    let graph = &flow.graph;
    let again = |step: &Step| matches!(step, Step::Operation(next) if next.act == Act::Poll && next.site.number == recv.site.number);
    let mut lost = false;
    let ways = graph.walk_outcome(id, Outcomes::END, |_, node| {
        lost |= is_way_out(&node.step, id);
        again(&node.step)
    });
    // A function that is only called at the end may be one that never returns.
    let round = ways.iter().any(|way| again(&graph.nodes[*way].step));
    let ends = ways.iter().any(|way| graph.nodes[*way].next.is_empty());
    if !round || lost || ends {
        return false;
    }
    let goes_on = LazyCell::new(|| graph.walk_outcome(id, Outcomes::DONE, |_, node| again(&node.step)));
    let may_diverge = |way: &NodeId| match &graph.nodes[*way].step {
        // For a helper of this file it is known whether it returns; for others nothing is known.
        Step::Call(call) => {
            let diverges = flow.called(call).map_or_else(|| call.may_diverge(), |helper| helper.diverges);
            diverges && !goes_on.contains(way)
        }
        _ => false,
    };
    !ways.iter().any(may_diverge)
}

/// Code that may end the loop in a way that is not followed.
fn is_way_out(step: &Step, recv: NodeId) -> bool {
    match step {
        Step::Exit { .. } | Step::Unknown | Step::Escape(_) => true,
        Step::Taken { of } => *of == recv,
        _ => false,
    }
}

/// Whether it repeats without waiting, and has no exit.
fn never_waits(flow: &Flow<'_>, one: &Loop) -> bool {
    let graph = &flow.graph;
    if !one.endless {
        return waits_for_a_flag(flow, one);
    }
    let inside = |id: &NodeId| *id == one.header || one.nodes.contains(id);
    let ways = graph.walk(&graph.nodes[one.header].next, |id, node| {
        id == one.header || node.step.waits() || !inside(&id)
    });
    let out = |id: &NodeId| !inside(id) || matches!(graph.nodes[*id].step, Step::Exit { .. } | Step::Unknown);
    if !ways.contains(&one.header) || ways.iter().any(out) {
        return false;
    }
    // If there is something to wait for, several conditions may be related; a single one cannot be.
    let waits = ways.iter().any(|id| graph.nodes[*id].step.waits());
    let forks = ways.iter().filter(|id| !graph.nodes[**id].step.waits() && graph.nodes[**id].next.len() > 1);
    !waits || forks.count() <= 1 && looks_without_waiting(flow, &ways)
}

/// Whether it only checks a flag until another thread sets it.
fn waits_for_a_flag(flow: &Flow<'_>, one: &Loop) -> bool {
    const FLAGS: [&str; 2] = [".load", ".is_finished"];
    const PAUSES: [&str; 3] =
        ["std::hint::spin_loop", "std::thread::yield_now", "std::sync::atomic::spin_loop_hint"];
    let graph = &flow.graph;
    let is_in = |id: &NodeId| *id == one.header || one.nodes.contains(id);
    let round = graph.walk(&[one.header], |id, _| !is_in(&id)).into_iter().filter(is_in);
    let steps: Vec<_> = round.map(|id| &graph.nodes[id].step).collect();
    let looks =
        |step: &Step| matches!(step, Step::Call(call) if FLAGS.iter().any(|flag| call.path.ends_with(flag)));
    let does_nothing = |step: &Step| match step {
        Step::Pass => true,
        Step::Call(call) => looks(step) || PAUSES.contains(&call.path.as_str()),
        _ => false,
    };
    !one.finite && steps.iter().any(|step| looks(step)) && steps.iter().all(|step| does_nothing(step))
}

/// Whether it polls for something that it could wait for, with `try_recv` and similar methods, and does nothing if there is
/// nothing.
fn looks_without_waiting(flow: &Flow<'_>, ways: &[NodeId]) -> bool {
    const LOOKS: [&str; 4] = [".try_recv", ".try_next", ".now_or_never", ".try_lock"];
    let steps = || ways.iter().map(|id| &flow.graph.nodes[*id].step);
    let looks =
        |step: &Step| matches!(step, Step::Call(call) if LOOKS.iter().any(|end| call.path.ends_with(end)));
    let works = |step: &Step| matches!(step, Step::Effect | Step::Call(_)) && !looks(step);
    steps().any(looks) && !steps().any(works)
}
