use crate::{
    PANICKING_IO,
    flow::{Act, Flavor, Flow, Outcomes, Step},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (id, step) in flow.steps() {
        let Step::Unwrap { of, bad, act, at } = step else { continue };
        // Whoever has asked before may unwrap.
        if !flow.graph.walk_outcome(*of, *bad, |_, _| false).contains(&id) {
            continue;
        }
        let message = format!("`{at}` panics {}", when(*act, *bad));
        let help = match act {
            _ if flow.flavor == Flavor::Axum => {
                "look at it, and `return` when it is not what you need: nobody is there any more"
            }
            Act::Recv if *bad == Outcomes::END => {
                "write `let Some(message) = socket.recv().await? else { return Ok(()) };`"
            }
            Act::Accept => "write `?`: it ends the handler, and there is nobody left to answer",
            _ => "write `?`: it ends the handler with the close code that fits",
        };
        sink.report(&PANICKING_IO, at, message, help);
    }
}

fn when(act: Act, bad: Outcomes) -> &'static str {
    match act {
        Act::Accept => "when the client goes away during the handshake, which every client may do",
        Act::Recv if bad == Outcomes::END => "when the peer closes, which is how every connection ends",
        Act::Recv => "when the connection breaks, or the peer sends what cannot be read",
        _ => "when the peer is gone, which is how every connection ends",
    }
}
