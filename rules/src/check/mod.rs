//! Asks every rule that is checked on syntax about what [`syntax`](crate::syntax) has read.
//!
//! The one module above `syntax`, `flow` and the rules: none of them asks it for anything.

mod allow;
mod habit;
mod helper;

pub use habit::is_habit;

use crate::{
    Phase,
    catalogue::{AXUM, LIFECYCLE, SIGNATURE},
    flow::{Flavor, Flow, Imports},
    surroundings::Surroundings,
    syntax::{Diagnostic, Endpoint, Function, Sink},
};

/// How many parameters of the route each `Path` of the endpoint takes, as far as its type says so for certain.
pub fn path_arities(endpoint: &Endpoint) -> Vec<usize> {
    crate::catalogue::arities(endpoint)
}

/// Asks every rule, and returns what they found in the order of the source.
///
/// The surroundings are those of the function under the attribute, as far as they are known.
pub fn endpoint(endpoint: &Endpoint, around: &Surroundings) -> Vec<Diagnostic> {
    let mut sink = Sink::default();
    for check in SIGNATURE {
        check(endpoint, &mut sink);
    }
    if let Some(function) = endpoint.function() {
        crate::catalogue::is_registered(function, around.of(), &mut sink);
        crate::catalogue::has_codec(function, around, &mut sink);
        crate::catalogue::has_no_body(function, around.imports(), &mut sink);
        crate::catalogue::has_sendable_error(function, around.imports(), &mut sink);
    }
    // A socket in place of the handshake is one mistake; what is done with it is right.
    let taken = |function: &&Function| !crate::catalogue::takes_socket(function, around.imports(), &mut sink);
    let function = endpoint.function().filter(taken);
    let flow = function.and_then(|function| Flow::of_endpoint(function, around));
    judge(endpoint, flow.as_ref(), Some(Phase::Startup), &mut sink);
    if around.is_test() {
        sink.forget(is_habit);
    }
    sink.finish(endpoint)
}

/// Asks the rules of the lifecycle about a function under `#[ws_lifecycle]`, which [`parse`](crate::syntax::parse) reads as well.
///
/// The attribute says that `Socket` and its kin are Sockeye's, where the surroundings do not.
pub fn lifecycle(helper: &Endpoint, around: &Surroundings) -> Vec<Diagnostic> {
    let mut sink = Sink::default();
    helper::check_attribute(helper, &mut sink);
    let by_name = Surroundings::of_imports(Imports::of_sockeye());
    let flow = |around| helper.function().and_then(|function| Flow::of_function(function, around));
    judge(helper, flow(around).or_else(|| flow(&by_name)).as_ref(), None, &mut sink);
    if around.is_test() {
        sink.forget(is_habit);
    }
    sink.sorted()
}

/// Asks the rules of the lifecycle about a function that is no endpoint but takes a handshake, a socket, or a half of
/// one, be it Sockeye's or axum's. `None` when it takes none of them.
///
/// The surroundings are those of the function, as far as they are known.
pub fn function(function: &Function, around: &Surroundings) -> Option<Vec<Diagnostic>> {
    Some(judge_function(function, around)?.found)
}

/// What the rules say of a function that is no endpoint, and what it was taken for.
pub struct Judged {
    /// In the order of the source.
    pub found: Vec<Diagnostic>,
    /// Whether its WebSockets are axum's.
    pub is_axum: bool,
    /// Whether an upgrade of axum's comes into it, or begins in it.
    pub has_upgrade: bool,
}

/// Like [`function`], with what the function was taken for.
pub fn judge_function(function: &Function, around: &Surroundings) -> Option<Judged> {
    let Some(flow) = Flow::of_function(function, around) else { return check_sender(function, around) };
    let mut sink = Sink::default();
    judge_flow(&flow, &mut sink);
    Some(Judged {
        found: sink.sorted(),
        is_axum: flow.flavor == Flavor::Axum,
        has_upgrade: flow.flavor == Flavor::Axum && flow.has_upgrade(),
    })
}

/// A function without a connection of its own may send to those of others.
fn check_sender(function: &Function, around: &Surroundings) -> Option<Judged> {
    let sends = |words: &[&str]| function.has_word(words);
    if !sends(&["for"]) || !sends(&["await"]) || !sends(&["send", "feed"]) {
        return None;
    }
    let flow = Flow::of_helper(function, around.imports(), around)?;
    let mut sink = Sink::default();
    crate::catalogue::sends_in_turn(&flow, &mut sink);
    let found = Some(sink.sorted()).filter(|found| !found.is_empty())?;
    Some(Judged { found, is_axum: false, has_upgrade: false })
}

fn judge(endpoint: &Endpoint, flow: Option<&Flow<'_>>, judged_later: Option<Phase>, sink: &mut Sink) {
    if let Some(flow) = flow {
        judge_flow(flow, sink);
        allow::apply(&endpoint.options.allow, judged_later, flow, sink);
    }
}

fn judge_flow(flow: &Flow<'_>, sink: &mut Sink) {
    for check in LIFECYCLE {
        check(flow, sink);
    }
    helper::report_faults(flow, sink);
    if flow.flavor == Flavor::Axum {
        for check in AXUM {
            check(flow, sink);
        }
    }
}
