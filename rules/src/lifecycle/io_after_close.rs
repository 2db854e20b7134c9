use crate::{
    IO_AFTER_CLOSE,
    flow::{Act, Flavor, Flow, Kind, NodeId, Operation, Outcomes, State, Step},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if flow.flavor == Flavor::Axum {
        return check_axum(flow, sink);
    }
    let all: Vec<_> = flow
        .operations()
        .filter(|(_, one)| one.handle.kind == Kind::Socket && one.act != Act::Poll)
        .collect();
    if !all.iter().any(|(_, one)| one.act == Act::Close) {
        return check_senders(flow, sink);
    }
    let states: Vec<_> = (0..flow.roots.len()).map(|connection| flow.states(connection)).collect();
    let is_closed = |id: NodeId, operation: &Operation| {
        states[operation.handle.connection].before(id).is_only(State::CLOSED)
    };
    let (closed, open): (Vec<_>, Vec<_>) = all.iter().partition(|(id, operation)| is_closed(*id, operation));
    let mut reported: Vec<NodeId> = Vec::new();
    for (id, operation) in closed {
        // What follows it fails for the same reason.
        if !reported.iter().any(|first| flow.graph.leads(*first, id)) {
            report(operation, sink);
            reported.push(id);
        }
    }
    for (close, operation) in all.iter().filter(|(_, one)| one.act == Act::Close) {
        match reached(flow, *close, operation, &open) {
            // That code is right: the mistake is that it is reached.
            Some((id, next)) if can_avoid(flow, *close, id) => {
                report_unreturned(flow, *close, operation, next, sink);
            }
            Some((_, next)) => report(next, sink),
            None => {}
        }
    }
    check_senders(flow, sink);
}

/// On axum both sides may still receive after a close frame, and only what is sent on every path after it is reported.
fn check_axum(flow: &Flow<'_>, sink: &mut Sink) {
    if !flow.operations().any(|(_, one)| one.act == Act::Close) {
        return;
    }
    let closes = |one: &Operation| one.act == Act::Close && flow.graph.closing.contains(&one.site.number);
    for (close, closing) in flow.operations().filter(|(_, one)| closes(one)) {
        let follow = flow.graph.surely_follow(close);
        let is_too_late = |(id, one): &(NodeId, &Operation)| {
            one.act == Act::Send
                && one.handle.connection == closing.handle.connection
                && follow.contains(id)
                && !can_avoid(flow, close, *id)
        };
        if let Some((_, operation)) = flow.operations().find(is_too_late) {
            report(operation, sink);
        }
    }
}

fn check_senders(flow: &Flow<'_>, sink: &mut Sink) {
    for (close, _) in flow.operations().filter(|(_, one)| is_by_sender(one, Act::Close)) {
        if let Some(operation) = sent_after(flow, close) {
            report(operation, sink);
        }
    }
}

/// What follows a close although the connection may be open there.
fn reached<'f>(
    flow: &Flow<'_>,
    close: NodeId,
    closing: &Operation,
    open: &[(NodeId, &'f Operation)],
) -> Option<(NodeId, &'f Operation)> {
    let follow = flow.graph.surely_follow(close);
    let is_reached = |(id, one): &&(NodeId, &Operation)| {
        one.handle.connection == closing.handle.connection && follow.contains(id)
    };
    let mut reached = open.iter().filter(is_reached);
    let first = reached.next()?;
    // In a loop, what is written after it comes first.
    Some(*std::iter::once(first).chain(reached).find(|(id, _)| *id > close).unwrap_or(first))
}

/// Whether a path leads to the step without the close.
fn can_avoid(flow: &Flow<'_>, close: NodeId, step: NodeId) -> bool {
    flow.graph.walk(&[0], |id, _| id == close).contains(&step)
}

fn report_unreturned(flow: &Flow<'_>, close: NodeId, closing: &Operation, next: &Operation, sink: &mut Sink) {
    let message = format!(
        "the function continues after this `{}` and reaches `{}`: {}",
        closing.site.method,
        next.site.method,
        what(next.act)
    );
    sink.report(&IO_AFTER_CLOSE, &closing.site.method, message, flow.leaving(close));
}

fn report(operation: &Operation, sink: &mut Sink) {
    let message = format!("`{}` is called after `close`: {}", operation.site.method, what(operation.act));
    sink.report(&IO_AFTER_CLOSE, &operation.site.method, message, help(operation.act));
}

fn is_by_sender(operation: &Operation, act: Act) -> bool {
    operation.handle.kind == Kind::Sender && operation.act == act
}

/// What the same code sends right after it has closed: whoever receives in between learns of the end there.
fn sent_after<'f>(flow: &'f Flow<'_>, close: NodeId) -> Option<&'f Operation> {
    let graph = &flow.graph;
    let connection = graph.operation(close)?.handle.connection;
    let is_sure = |step: &Step| match step {
        Step::Pass | Step::Effect | Step::Wait | Step::Taken { .. } | Step::Outcome { .. } => true,
        Step::Call(call) => !call.may_diverge(),
        Step::Operation(one) => one.handle.connection != connection,
        _ => false,
    };
    let after = graph.walk_outcome(close, Outcomes::DONE, |_, node| !is_sure(&node.step));
    after.into_iter().filter(|id| graph.nodes[*id].within == graph.nodes[close].within).find_map(|id| {
        graph.operation(id).filter(|one| is_by_sender(one, Act::Send) && one.handle.connection == connection)
    })
}

fn what(act: Act) -> &'static str {
    match act {
        Act::Send => "the connection is closed, and the message cannot be sent",
        Act::Recv => "the connection is closed, and no more messages arrive",
        _ => "the connection is closed",
    }
}

fn help(act: Act) -> &'static str {
    match act {
        Act::Close => {
            "remove this call: the first `close` sends the close frame and waits for the answer; in a loop, `break` after it"
        }
        Act::Recv => {
            "remove this call: `close` waits until the peer has answered; in a loop, `break` after `close`"
        }
        Act::Send => "move it before `close`, which writes out all earlier messages first",
        _ => "move it before `close`",
    }
}
