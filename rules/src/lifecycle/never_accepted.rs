use quote::ToTokens;

use crate::{
    NEVER_ACCEPTED,
    flow::{Act, Exit, Flow, Kind, State, Step},
    syntax::{Sink, last_segment},
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (connection, root) in flow.roots_of(Kind::Handshake).filter(|(_, root)| !root.borrowed) {
        // Another rule already says that it has to be accepted.
        if flow.operations().any(|(_, one)| one.act == Act::Early && one.handle.connection == connection) {
            continue;
        }
        let states = flow.states(connection);
        let name = flow.name();
        let gives_option =
            flow.function.output().and_then(last_segment).is_some_and(|last| last.ident == "Option");
        for (id, step) in flow.steps() {
            let Step::Exit { how, at } = step else { continue };
            // `None` is no answer either.
            let is_quiet = *how == Exit::Fine || *how == Exit::Error && gives_option;
            if !is_quiet || !states.before(id).is_only(State::FRESH) {
                continue;
            }
            let message = format!(
                "`{name}` ends without `accept` or `reject`: on this path the handshake is never answered, and the client gets a 500"
            );
            let handshake = root.name_or("handshake");
            let (accept, refuse) = (flow.accepting(&handshake), flow.refusing(&handshake));
            let help = format!("write `{accept}`, or refuse with `{refuse}`");
            sink.report(&NEVER_ACCEPTED, at.as_ref().unwrap_or(&root.at) as &dyn ToTokens, message, help);
        }
    }
}
