use std::cell::LazyCell;

use quote::ToTokens;
use syn::Expr;

use crate::{
    NEVER_ACCEPTED,
    flow::{Act, Connection, Exit, Flow, Handle, Kind, NodeId, Operation, Root, State, Step, has_word},
    reading::each_expression,
    syntax::{Sink, last_segment},
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (connection, root) in flow.roots_of(Kind::Handshake).filter(|(_, root)| !root.borrowed) {
        // Another rule already says that it has to be accepted.
        if flow.operations().any(|(_, one)| one.act == Act::Early && one.handle.connection == connection) {
            continue;
        }
        let states = flow.states(connection);
        let unanswered = LazyCell::new(|| unanswered(flow, connection));
        let name = flow.name();
        let gives_option =
            flow.function.output().and_then(last_segment).is_some_and(|last| last.ident == "Option");
        for (id, step) in flow.steps() {
            let Step::Exit { how, at } = step else { continue };
            // `None` is no answer either.
            let is_quiet = matches!(how, Exit::Fine | Exit::Empty) || *how == Exit::Error && gives_option;
            let path = if !is_quiet {
                continue;
            } else if states.before(id).is_only(State::FRESH) {
                "on this path"
            } else if states.before(id).may_be(State::FRESH) && unanswered.contains(&id) {
                "on one of the paths to here"
            } else {
                continue;
            };
            let message = format!(
                "`{name}` ends without `accept` or `reject`: {path} the handshake is never answered, and the client gets a 500"
            );
            let handshake = root.name_or("handshake");
            let (accept, refuse) = (flow.accepting(&handshake), flow.refusing(&handshake));
            let help = format!("write `{accept}`, or refuse with `{refuse}`");
            sink.report(&NEVER_ACCEPTED, at.as_ref().unwrap_or(&root.at) as &dyn ToTokens, message, help);
        }
    }
}

/// The steps that a path certainly leads to with the handshake still unanswered.
///
/// A condition that two branches share cannot make such a path impossible: the second branch could not use a handshake
/// that the first one may have moved. That is only so while the handshake is in its own variable, and is not answered in a loop,
/// which always runs.
fn unanswered(flow: &Flow<'_>, connection: Connection) -> Vec<NodeId> {
    let is_of_it = |handle: &Handle| handle.connection == connection;
    let in_loop = |(id, one): (NodeId, &Operation)| {
        matches!(one.act, Act::Accept | Act::Reject) && is_of_it(&one.handle) && flow.graph.in_cycle(id)
    };
    if flow.operations().any(in_loop) || is_kept(flow, &flow.roots[connection]) {
        return Vec::new();
    }
    flow.graph.walk(&[0], |_, node| match &node.step {
        Step::Operation(one) => is_of_it(&one.handle),
        Step::Escape(handle) => is_of_it(handle),
        Step::Spawn { takes, .. } => takes.iter().any(is_of_it),
        Step::Call(call) => call.may_diverge(),
        Step::Unknown | Step::Doubt | Step::Unawaited { .. } => true,
        _ => false,
    })
}

/// Whether the handshake is moved into something else than a call, such as an `Option` or a struct.
fn is_kept(flow: &Flow<'_>, root: &Root) -> bool {
    const WRAPS: [&str; 3] = ["Some", "Ok", "new"];
    let Some(name) = &root.name else { return true };
    let is_it = |one: &&Expr| matches!(one, Expr::Path(path) if path.path.is_ident(name));
    let (mut uses, mut plain) = (0, 0);
    each_expression(flow.body, flow.function.macros(), &mut |expression| match expression {
        Expr::MethodCall(call) => plain += usize::from(is_it(&&*call.receiver)),
        Expr::Call(call) if !has_word(&call.func, &WRAPS) => plain += call.args.iter().filter(is_it).count(),
        one => uses += usize::from(is_it(&one)),
    });
    uses > plain
}
