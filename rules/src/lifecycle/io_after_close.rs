use crate::{
    IO_AFTER_CLOSE,
    flow::{Act, Flavor, Flow, Kind, NodeId, Operation, Outcomes, State, Step},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if flow.flavor == Flavor::Axum {
        return; // there `close` takes nothing away, and what follows may be meant
    }
    let all: Vec<_> = flow.operations().filter(|(_, one)| one.handle.kind == Kind::Socket).collect();
    for (id, operation) in &all {
        let is_close =
            |one: &Operation| one.act == Act::Close && one.handle.connection == operation.handle.connection;
        let closed = all.iter().any(|(close, one)| is_close(one) && flow.graph.surely_leads(*close, *id));
        let always = flow.states(operation.handle.connection).before(*id).is_only(State::CLOSED);
        if operation.act != Act::Poll && (closed || always) {
            report(operation, sink);
        }
    }
    for (close, _) in flow.operations().filter(|(_, one)| is_by_sender(one, Act::Close)) {
        if let Some(operation) = sent_after(flow, close) {
            report(operation, sink);
        }
    }
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
