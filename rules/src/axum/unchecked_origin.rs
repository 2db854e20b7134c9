use crate::{
    UNCHECKED_ORIGIN,
    flow::{Flow, Kind},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if flow.origin_is_checked() {
        return;
    }
    let open = || flow.roots_of(Kind::Upgrade).filter(|(connection, _)| flow.may_upgrade(*connection));
    // An upgrade that the function extracts itself is one hazard, regardless of the number of branches that answer it. Beside a parameter
    // it is the same one.
    let parameters: Vec<_> = open().filter(|(_, root)| root.is_parameter).collect();
    let extracted = open().find(|_| parameters.is_empty());
    for (_, root) in parameters.into_iter().chain(extracted) {
        let message = "nothing checks the `Origin` header: any web page can open this WebSocket with its visitor's cookies, and a \
                       `CorsLayer` does not prevent it";
        let help = "compare the `Origin` header with the allowed origins before `on_upgrade`; Sockeye does so by default";
        sink.report(&UNCHECKED_ORIGIN, &root.at, message, help);
    }
}
