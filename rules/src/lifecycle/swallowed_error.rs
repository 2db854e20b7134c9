use super::detached_task::{RECEIVES, TIMERS, receives_from_all, sees_changes};
use crate::{
    SWALLOWED_ERROR,
    flow::{Act, Call, Deed, Flow, NodeId, Operation, Outcomes, Site, Step, Tells, Within},
    reading::{given, task_of},
    surroundings::{WaitedFor, type_path, without_alias},
    syntax::{Parameter, Sink, segments},
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (id, send) in flow.operations().filter(|(_, operation)| operation.act == Act::Send) {
        // Code that another branch or a task's owner can end may be ended there.
        let is_partial = flow.roots[send.handle.connection].is_partial();
        let may_be_ended = flow.graph.is_cancellable(id) && !(is_partial && is_returned(flow, id));
        if may_be_ended || is_partial && !is_waited_for(flow, id) {
            continue;
        }
        // What is quickest to see comes first: most errors leave the loop at once.
        let lasts = super::deaf_loop::waits_in_a_loop(flow, id);
        if lasts && goes_on(flow, id, send) && is_ignored(flow, id) && !is_reported(flow, send) {
            report(flow, send, sink);
        }
    }
}

/// Whether its `await` is missing, which is what is wrong with it.
fn is_reported(flow: &Flow<'_>, send: &Operation) -> bool {
    let is_it = |site: &Site| site.number == send.site.number;
    flow.steps().any(|(_, step)| matches!(step, Step::Unawaited { site, .. } if is_it(site)))
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

/// Whether a caller waits for this function, whose loop waits for nothing that ends when the client leaves.
fn is_waited_for(flow: &Flow<'_>, send: NodeId) -> bool {
    let Some(given) = flow.waited_for() else { return false };
    let calls: Vec<_> = flow
        .graph
        .lasting_loops(send)
        .flat_map(|one| one.nodes.clone())
        .filter(|id| flow.reachable[*id])
        .map(|id| &flow.graph.nodes[id].step)
        .filter(|step| matches!(step, Step::Call(_)))
        .collect();
    let lasts = |step: &&&Step| is_timer(step) || is_feed(flow, step);
    match given {
        WaitedFor::Queues => calls.iter().any(|step| is_timer(step) || is_source(step)),
        WaitedFor::Feeds => {
            calls.iter().any(|step| lasts(&step))
                && calls.iter().filter(|step| is_source(step)).all(|step| lasts(&step))
        }
    }
}

/// Whether it is in the task whose handle the function returns: what its callers do with that is known.
fn is_returned(flow: &Flow<'_>, send: NodeId) -> bool {
    let Within::Task(task) = flow.graph.nodes[send].within else { return false };
    let mut spawns = flow.steps().filter(|(_, step)| matches!(step, Step::Spawn { .. }));
    let is_only = spawns.next().is_some_and(|(id, _)| id == task) && spawns.next().is_none();
    is_only && given(flow.body).is_some_and(|last| task_of(last).is_some())
}

fn method_of(step: &Step) -> Option<&str> {
    let Step::Call(call) = step else { return None };
    call.path.rsplit_once('.').map(|(_, method)| method)
}

fn is_source(step: &Step) -> bool {
    method_of(step)
        .is_some_and(|method| RECEIVES.contains(&method) || matches!(method, "changed" | "wait_for"))
}

fn is_timer(step: &Step) -> bool {
    let Step::Call(call) = step else { return false };
    let last = call.path.rsplit(['.', ':']).next().unwrap_or_default();
    TIMERS.contains(&last)
}

/// Whether it is the next of something that others are told as well.
fn is_feed(flow: &Flow<'_>, step: &Step) -> bool {
    const STREAMS: [&str; 5] =
        ["BroadcastStream", "WatchStream", "IntervalStream", "Subscription", "ConnectionChanges"];
    let Step::Call(call) = step else { return false };
    let of = call.of.as_deref().and_then(|path| path.rsplit_once('.')).map(|(of, _)| of);
    let is_one = |path: &str| {
        let path = without_alias(path, flow.shapes(), flow.imports());
        path.ends_with("broadcast::Receiver")
            || path.ends_with("watch::Receiver")
            || segments::segments(&path).any(|name| STREAMS.contains(&name))
    };
    of.is_some_and(is_one) || receives_from_all(flow, step) || sees_changes(step)
        // A part of it may have its name: `let Ok(event) = event.recv().await`.
        || call.of.is_none() && given_type(flow, &call.path).is_some_and(|path| is_one(&path))
}

/// The path of the type of the parameter at the beginning of a chain.
fn given_type(flow: &Flow<'_>, chain: &str) -> Option<String> {
    let (name, _) = chain.split_once('.')?;
    let is_it = |one: &&Parameter| one.binding().is_some_and(|binding| binding == name);
    type_path(flow.function.parameters.iter().find(is_it)?.ty(), flow.imports())
}

/// Whether the error leads to the same step as success, with nothing but logging on the way.
pub(crate) fn is_ignored(flow: &Flow<'_>, send: NodeId) -> bool {
    let graph = &flow.graph;
    let stop = |id: NodeId, _: &_| id == send;
    let done = graph.walk_outcome(send, Outcomes::DONE, stop);
    let failed = graph.walk_outcome(send, Outcomes::ERROR, stop);
    let has_effect = |step: &Step| match step {
        Step::Taken { of } => *of == send,
        Step::Pass | Step::Doubt | Step::RunsDry | Step::Lock | Step::Outcome { .. } => false,
        Step::Call(call) => !only_counts(flow, call),
        _ => true,
    };
    let taken = failed.iter().any(|id| matches!(graph.nodes[*id].step, Step::Taken { of } if of == send));
    let differs = failed.iter().any(|id| !done.contains(id) && has_effect(&graph.nodes[*id].step));
    // What is not sent after a failed send would fail as well.
    let connection = graph.operation(send).map(|one| one.handle.connection);
    let sends = |step: &Step| match step {
        Step::Operation(one) => {
            matches!(one.act, Act::Send | Act::Flush) && Some(one.handle.connection) == connection
        }
        _ => false,
    };
    let is_missed = |step: &Step| has_effect(step) && !sends(step);
    let skips = done.iter().any(|id| !failed.contains(id) && is_missed(&graph.nodes[*id].step));
    !taken && !differs && !skips
}

/// Whether it adds to a metric: `LOST.fetch_add(1, ..)` on a static, `counter!("lost").increment(1)`.
fn only_counts(flow: &Flow<'_>, call: &Call) -> bool {
    const ADDS: [&str; 4] = ["fetch_add", "increment", "inc", "inc_by"];
    let Some((of, method)) = call.path.rsplit_once('.') else { return false };
    let last = segments::last(of);
    let is_static = last.chars().all(|one| one == '_' || one.is_ascii_digit() || one.is_ascii_uppercase());
    // What counts may be what ends the loop.
    ADDS.contains(&method) && is_static && !flow.function.has_word(&["load", "get"])
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
    let may_be_ended = || flow.is_heard(send.handle.connection) && leaves_its_loop(flow, id, stops);
    comes_round && !may_be_ended()
}

/// Whether the innermost loop can end after the error, other than by exhausting its source.
fn leaves_its_loop(flow: &Flow<'_>, id: NodeId, stops: impl Fn(NodeId, &Step) -> bool) -> bool {
    let Some(innermost) = flow.graph.lasting_loops(id).min_by_key(|one| one.nodes.len()) else { return true };
    let ways = flow.graph.walk_outcome(id, Outcomes::ERROR, |next, node| {
        stops(next, &node.step) || innermost.runs_dry_at == Some(next) || matches!(node.step, Step::RunsDry)
    });
    ways.iter().any(|way| *way != innermost.header && !innermost.nodes.contains(way))
}
