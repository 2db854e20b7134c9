use crate::{
    PANICKING_IO,
    flow::{Act, Flavor, Flow, Outcomes, Step},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (id, step) in flow.steps() {
        let Step::Unwrap { of, bad, act, at } = step else { continue };
        // After a check of the outcome, `unwrap` is fine.
        if !flow.graph.walk_outcome(*of, *bad, |_, _| false).contains(&id) {
            continue;
        }
        let message = format!("`{at}` panics {}", when(*act, *bad));
        let help = match act {
            _ if flow.flavor == Flavor::Axum => {
                "match on it, and `return` in every other case: the client is gone"
            }
            Act::Recv if *bad == Outcomes::END => {
                "write `let Some(message) = socket.recv().await? else { return Ok(()) };`"
            }
            Act::Accept => "write `?`, which ends the handler",
            _ => "write `?`: it ends the handler with the right close code",
        };
        sink.report(&PANICKING_IO, at, message, help);
    }
}

fn when(act: Act, bad: Outcomes) -> &'static str {
    match act {
        Act::Accept => "when the client leaves during the handshake, which any client can do",
        Act::Recv if bad == Outcomes::END => "when the peer closes, which is how every connection ends",
        Act::Recv => "when the connection breaks, or the peer sends an invalid message",
        _ => "when the peer is gone, which is how every connection ends",
    }
}
