use crate::{
    ACCEPTED_TWICE,
    flow::{Act, Flow, Kind, Operation, State},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    let answers = |operation: &Operation| {
        matches!(operation.act, Act::Accept | Act::Reject) && operation.handle.kind == Kind::Handshake
    };
    let all: Vec<_> = flow.operations().filter(|(_, operation)| answers(operation)).collect();
    for (id, second) in &all {
        // On every way it was answered before; or on one way, which surely can be gone: the handshake was moved there, and
        // no other way brings it back.
        let done = State::OPEN.or(State::REJECTED).or(State::CLOSED);
        let always = flow.states(second.handle.connection).before(*id).is_only(done);
        let graph = &flow.graph;
        let leads = |first: usize| graph.surely_leads(first, *id) || always && graph.leads(first, *id);
        let first = all.iter().find(|(first, one)| one.handle == second.handle && leads(*first));
        let Some((first_id, first)) = first else { continue };
        let (message, help) = words(first, second, first_id == id);
        sink.report(&ACCEPTED_TWICE, &second.site.method, message, help);
    }
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
        (Act::Reject, _) => (
            "rejected",
            "return where the handshake is rejected: `return Err(handshake.reject(status, \"why\"))`",
        ),
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
