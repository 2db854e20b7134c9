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
            let message = format!("`{}` comes after `close`: {}", operation.site.method, what(operation.act));
            sink.report(&IO_AFTER_CLOSE, &operation.site.method, message, help(operation.act));
        }
    }
}

fn what(act: Act) -> &'static str {
    match act {
        Act::Send => "the connection is over, and the message reaches nobody",
        Act::Recv => "the connection is over, and no message comes any more",
        _ => "the connection is over",
    }
}

fn help(act: Act) -> &'static str {
    match act {
        Act::Close => {
            "take this one out: `close` says goodbye and waits for the answer; in a loop, leave the loop after it"
        }
        Act::Recv => {
            "take it out: `close` waits until the peer has answered; in a loop, leave the loop after it"
        }
        Act::Send => "move it in front of `close`: what was sent before is written first",
        _ => "move it in front of `close`",
    }
}
