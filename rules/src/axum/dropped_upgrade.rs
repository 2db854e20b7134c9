use crate::{
    DROPPED_UPGRADE,
    flow::{Flow, Kind, Step},
    syntax::Sink,
};

const HELP: &str = "return it: `ws.on_upgrade(|socket| ..)` as the last expression, without a semicolon";

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (_, step) in flow.steps() {
        let Step::DroppedResponse { at } = step else { continue };
        let message = "the response of `on_upgrade` is dropped: the client gets a different response, and the callback never runs";
        sink.report(&DROPPED_UPGRADE, at, message, HELP);
    }
    // A name that begins with `_` shows that it is intended.
    for (_, root) in flow.roots_of(Kind::Upgrade).filter(|(_, root)| !root.used && root.name.is_some()) {
        let message = "the upgrade is never answered: this handler never opens a WebSocket";
        sink.report(&DROPPED_UPGRADE, &root.at, message, HELP);
    }
}
