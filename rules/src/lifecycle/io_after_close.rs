use crate::{
    IO_AFTER_CLOSE,
    flow::{Act, Flavor, Flow, Kind, Operation, State},
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
            let message =
                format!("`{}` is called after `close`: {}", operation.site.method, what(operation.act));
            sink.report(&IO_AFTER_CLOSE, &operation.site.method, message, help(operation.act));
        }
    }
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
