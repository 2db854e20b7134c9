//! What a function does with a handle that it borrows.

use syn::Type;

use crate::{
    catalogue::{is_deaf, is_ignored, waits_in_a_loop},
    flow::{
        Act, Connection, Deed, Exit, Flow, NodeId, Operation, Outcomes, Step, Tells, Within, gives_nothing,
    },
    syntax::{generic_arguments, is_called},
};

/// What it does with the handle; `None` if that is not known, or cannot be said in one word.
pub(crate) fn deed(flow: &Flow<'_>, connection: Connection) -> Option<Deed> {
    let mut operations = Vec::new();
    for (id, step) in flow.steps() {
        match step {
            Step::Operation(one) if one.handle.connection == connection => operations.push((id, one)),
            Step::Unawaited { .. } | Step::Unknown | Step::Doubt => return None,
            Step::Escape(handle) if handle.connection == connection => return None,
            Step::Spawn { takes, .. } if takes.iter().any(|one| one.connection == connection) => return None,
            _ => {}
        }
    }
    let is_async = flow.function.sig.asyncness.is_some();
    summed_up(flow, connection, &operations).filter(|deed| is_async || *deed == Deed::Looks)
}

fn summed_up(flow: &Flow<'_>, connection: Connection, operations: &[(NodeId, &Operation)]) -> Option<Deed> {
    let does = |act: Act| operations.iter().any(|(_, one)| one.act == act);
    let is_followed = |(id, one): &(NodeId, &Operation)| {
        let known = [Act::Send, Act::Flush, Act::Poll, Act::Recv, Act::Close, Act::Other];
        let is_own = !matches!(flow.graph.nodes[*id].within, Within::Task(_));
        known.contains(&one.act) && is_own && !one.selected
    };
    let lasts = |(id, _): &(NodeId, &Operation)| flow.graph.lasting_loops(*id).next().is_some();
    let waits = |(id, one): &(NodeId, &Operation)| one.act == Act::Send && waits_in_a_loop(flow, *id);
    match operations {
        [] => Some(Deed::Looks),
        _ if !operations.iter().all(is_followed) => None,
        _ if does(Act::Close) => {
            let is_sure = |(_, one): &(NodeId, &Operation)| {
                one.act != Act::Close || flow.graph.closing.contains(&one.site.number)
            };
            (operations.iter().all(is_sure) && always_closes(flow)).then_some(Deed::Closes)
        }
        _ if operations.iter().any(lasts) && does(Act::Recv) => None,
        _ if does(Act::Recv) => {
            let received = received_once(operations);
            let is_so = |hides: fn(&Flow<'_>, NodeId, &[_]) -> bool| {
                received.is_some_and(|one| hides(flow, one, operations))
            };
            Some(match () {
                () if is_so(gives_none_at_the_end) => Deed::ReceivesSome,
                () if is_so(gives_ok_none_at_the_end) => Deed::ReceivesTried,
                () if is_so(hides_the_end) => Deed::ReceivesUnseen,
                () => Deed::Receives,
            })
        }
        // What is reported in the helper is not reported again where it is called.
        _ if operations.iter().any(waits) => (!is_deaf(flow, connection)).then_some(Deed::Streams),
        _ if does(Act::Send) => Some(Deed::Sends(tells(flow, operations))),
        _ => None,
    }
}

/// The step that receives, if there is one.
fn received_once(operations: &[(NodeId, &Operation)]) -> Option<NodeId> {
    let mut receives = operations.iter().filter(|(_, one)| one.act == Act::Recv);
    receives.next().filter(|_| receives.next().is_none()).map(|(id, _)| *id)
}

/// Whether it returns `Ok(())` at the end as well, without a word to other code, and does so again if it is called again.
fn hides_the_end(flow: &Flow<'_>, recv: NodeId, operations: &[(NodeId, &Operation)]) -> bool {
    let gives_nothing = |output: &Type| {
        let of = generic_arguments(output).first().copied();
        is_called(output, "Result")
            && of.is_none_or(|of| matches!(of, Type::Tuple(unit) if unit.elems.is_empty()))
    };
    let ways = flow.graph.walk_outcome(recv, Outcomes::END, |_, _| false);
    let is_silent = |way: &NodeId| match &flow.graph.nodes[*way].step {
        Step::Exit { how, .. } => matches!(how, Exit::Fine | Exit::Empty),
        Step::Pass | Step::Outcome { .. } => true,
        _ => false,
    };
    // What it sends before fails when the peer has closed.
    let sends_before = |(id, one): &(NodeId, &Operation)| one.act == Act::Send && flow.graph.leads(*id, recv);
    let waits = flow.steps().any(|(_, step)| matches!(step, Step::Wait));
    flow.function.output().is_some_and(gives_nothing)
        && ways.iter().all(is_silent)
        && !waits
        && !operations.iter().any(sends_before)
}

/// Whether it certainly returns `None` if nothing was received.
fn gives_none_at_the_end(flow: &Flow<'_>, recv: NodeId, operations: &[(NodeId, &Operation)]) -> bool {
    // What the receive returned is returned as it is.
    let only_receives = operations.iter().all(|(_, one)| matches!(one.act, Act::Poll | Act::Recv));
    let ways = flow.graph.walk_outcome(recv, Outcomes::END, |_, _| false);
    let failed = flow.graph.walk_outcome(recv, Outcomes::ERROR, |_, _| false);
    let gives_none = |way: &NodeId| match &flow.graph.nodes[*way].step {
        Step::Exit { how, .. } => *how == Exit::Error || *how == Exit::Operation && only_receives,
        Step::Taken { of } => *of != recv || only_receives,
        _ => true,
    };
    gives_option(flow) && ways.iter().chain(&failed).all(gives_none)
}

/// Whether it certainly returns `Ok(None)` at the end.
fn gives_ok_none_at_the_end(flow: &Flow<'_>, recv: NodeId, operations: &[(NodeId, &Operation)]) -> bool {
    let only_receives = operations.iter().all(|(_, one)| matches!(one.act, Act::Poll | Act::Recv));
    let ways = flow.graph.walk_outcome(recv, Outcomes::END, |_, _| false);
    let gives_none = |way: &NodeId| match &flow.graph.nodes[*way].step {
        Step::Exit { how, .. } => *how == Exit::Empty || *how == Exit::Operation && only_receives,
        Step::Taken { of } => *of != recv || only_receives,
        _ => true,
    };
    let output = flow.function.output().filter(|output| is_called(output, "Result"));
    output.and_then(|output| generic_arguments(output).first().copied()).is_some_and(is_option)
        && ways.iter().all(gives_none)
}

/// Whether it returns an `Option` of something other than a result.
fn gives_option(flow: &Flow<'_>) -> bool {
    flow.function.output().is_some_and(is_option)
}

fn is_option(ty: &Type) -> bool {
    is_called(ty, "Option") && generic_arguments(ty).first().is_some_and(|of| !is_called(of, "Result"))
}

/// Whether a `close` is on every path to an end.
fn always_closes(flow: &Flow<'_>) -> bool {
    let closes = |step: &Step| matches!(step, Step::Operation(one) if one.act == Act::Close);
    let ways = flow.graph.walk(&[0], |_, node| closes(&node.step));
    let ends =
        |id: &NodeId| matches!(&flow.graph.nodes[*id].step, Step::Exit { how, .. } if *how != Exit::Never);
    !ways.iter().any(ends)
}

fn tells(flow: &Flow<'_>, sends: &[(NodeId, &Operation)]) -> Tells {
    let mut sends = sends.iter().filter(|(_, one)| one.act == Act::Send);
    if gives_nothing(&flow.function.sig.output) {
        // An error that is noted somewhere else may be asked for there.
        let are_ignored = sends.all(|(id, _)| is_ignored(flow, *id));
        return if are_ignored { Tells::Nothing } else { Tells::Something };
    }
    let returns_errors = |id: NodeId| {
        let ways = flow.graph.walk_outcome(id, Outcomes::ERROR, |_, _| false);
        ways.iter().all(|way| match &flow.graph.nodes[*way].step {
            Step::Exit { how, .. } => matches!(how, Exit::Error | Exit::Operation | Exit::Never),
            _ => true,
        })
    };
    let gives_result = flow.function.output().is_some_and(|output| is_called(output, "Result"));
    let all = gives_result && sends.all(|(id, _)| returns_errors(*id));
    if all { Tells::Errors } else { Tells::Something }
}
