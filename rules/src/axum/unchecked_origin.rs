use crate::{
    UNCHECKED_ORIGIN,
    flow::{Flow, Kind},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if flow.origin_is_checked() {
        return;
    }
    for (_, root) in flow.roots_of(Kind::Upgrade).filter(|(_, root)| root.used) {
        let message = "nothing checks the `Origin` header: any web page can open this WebSocket with its visitor's cookies, and a \
                       `CorsLayer` does not prevent it";
        let help = "compare the `Origin` header with the allowed origins before `on_upgrade`; Sockeye does so by default";
        sink.report(&UNCHECKED_ORIGIN, &root.at, message, help);
    }
}
