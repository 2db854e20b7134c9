use crate::{
    ACCEPTED_TWICE,
    flow::{Act, Flow, Kind, Operation, State},
    syntax::{Sink, one_line},
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    let answers = |operation: &Operation| {
        matches!(operation.act, Act::Accept | Act::Reject) && operation.handle.kind == Kind::Handshake
    };
    let all: Vec<_> = flow.operations().filter(|(_, operation)| answers(operation)).collect();
    let mut unreturned = Vec::new();
    for (id, second) in &all {
        // Either every path has answered it before; or one path has, which can certainly be taken: the handshake was moved
        // there, and no other path restores it.
        let done = State::OPEN.or(State::REJECTED).or(State::CLOSED);
        let always = flow.states(second.handle.connection).before(*id).is_only(done);
        let graph = &flow.graph;
        let leads = |first: usize| graph.surely_leads(first, *id) || always && graph.leads(first, *id);
        let first = all.iter().find(|(first, one)| one.handle == second.handle && leads(*first));
        if first.is_some_and(|(first, _)| unreturned.contains(first)) {
            continue;
        }
        match first {
            // The code after it is right: the mistake is that it is reached.
            Some((first_id, first)) if first.act == Act::Reject && second.act == Act::Accept => {
                report_unreturned(flow, first, second, sink);
                unreturned.push(*first_id);
            }
            Some((first_id, first)) => {
                let (message, help) = words(first, second, first_id == id);
                sink.report(&ACCEPTED_TWICE, &second.site.method, message, help);
            }
            None => {}
        }
    }
    for call in flow.failing_in("status", State::OPEN) {
        let by = flow.by_helper(call);
        let message = format!(
            "`Error::status` is returned{by} after `accept`: the client already has its 101, and the connection is closed with 1011"
        );
        let help = "close with a code that says why: `Error::close(CloseCode::POLICY_VIOLATION, \"why\")`";
        sink.report(&ACCEPTED_TWICE, &call.at, message, help);
    }
}

/// A rejection after which the function continues.
fn report_unreturned(flow: &Flow<'_>, first: &Operation, second: &Operation, sink: &mut Sink) {
    let (reject, next) = (&first.site.method, &second.site.method);
    let message = format!(
        "the function continues after this `{reject}` and reaches `{next}`: a handshake can be answered only once"
    );
    let call = first.site.call();
    let help = match flow.function.output().map(|output| one_line(output)).as_deref() {
        None | Some("()") => format!("return here: `{call}; return;`"),
        Some("Error" | "sockeye::Error") => format!("return here: `return {call};`"),
        Some(_) => format!("return here: `return Err({call});`"),
    };
    sink.report(&ACCEPTED_TWICE, reject, message, help).untyped();
}

fn words(first: &Operation, second: &Operation, same: bool) -> (String, &'static str) {
    let method = &second.site.method;
    if same {
        let message = format!(
            "`{method}` is called again in each iteration of the loop: a handshake can be answered only once"
        );
        return (message, "call `accept` before the loop, and use the socket inside the loop");
    }
    let (done, help) = match (first.act, second.act) {
        (Act::Reject, _) => {
            ("rejected", "remove this call, and return the error that the first one returned")
        }
        (_, Act::Accept) => {
            ("accepted", "remove this call, and use the socket that the first `accept` returned")
        }
        _ => (
            "accepted",
            "after `accept`, close the connection instead: `socket.close(CloseCode::POLICY_VIOLATION, \"why\").await`",
        ),
    };
    (
        format!("`{method}` is called after the handshake was {done}: a handshake can be answered only once"),
        help,
    )
}
