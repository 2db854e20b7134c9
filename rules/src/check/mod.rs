//! Runs every rule that is checked on syntax on the items that [`syntax`](crate::syntax) has parsed.
//!
//! The only module above `syntax`, `flow` and the rules: none of them depends on it.

mod allow;
mod deed;
mod habit;
mod helper;

pub(crate) use deed::deed;
pub use habit::is_habit;

use crate::{
    Phase,
    catalogue::{AXUM, LIFECYCLE, SIGNATURE},
    flow::{Flavor, Flow, Imports},
    surroundings::Surroundings,
    syntax::{Diagnostic, Endpoint, Function, Sink},
};

/// How many parameters of the route each `Path` of the endpoint takes, if its type shows it.
pub fn path_arities(endpoint: &Endpoint) -> Vec<usize> {
    crate::catalogue::arities(endpoint)
}

/// Runs every rule, and returns the reports in source order.
///
/// The surroundings are those of the function below the attribute, as far as they are known.
pub fn endpoint(endpoint: &Endpoint, around: &Surroundings) -> Vec<Diagnostic> {
    let mut sink = Sink::default();
    for check in SIGNATURE {
        check(endpoint, &mut sink);
    }
    if let Some(function) = endpoint.function() {
        crate::catalogue::is_registered(function, around.of(), &mut sink);
        crate::catalogue::has_codec(function, around, &mut sink);
        crate::catalogue::has_no_body(function, around.imports(), &mut sink);
        crate::catalogue::has_sendable_error(function, around, &mut sink);
        crate::catalogue::names_error(function, around, &mut sink);
        crate::catalogue::returns_no_status(function, around, &mut sink);
        crate::catalogue::is_extracted(endpoint, function, around, &mut sink);
    }
    // A socket instead of the handshake is one mistake; the rest of its use is right.
    let taken = |function: &&Function| !crate::catalogue::takes_socket(function, around.imports(), &mut sink);
    let function = endpoint.function().filter(taken);
    let flow = function.and_then(|function| Flow::of_endpoint(function, around));
    if let Some(flow) = &flow {
        crate::catalogue::converts_errors(flow, &mut sink);
    }
    judge(endpoint, flow.as_ref(), Some(Phase::Startup), &mut sink);
    if around.is_test() {
        sink.forget(is_habit);
    }
    sink.finish(endpoint)
}

/// Runs the lifecycle rules on a function below `#[ws_lifecycle]`, which [`parse`](crate::syntax::parse) parses as well.
///
/// The attribute implies that `Socket` and the other handles are Sockeye's, even if the surroundings do not show it.
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

/// Runs the lifecycle rules on a function that is not an endpoint but takes a handshake, a socket, or a half of one, of
/// either Sockeye or axum. `None` if it takes none of them.
///
/// The surroundings are those of the function, as far as they are known.
pub fn function(function: &Function, around: &Surroundings) -> Option<Vec<Diagnostic>> {
    Some(judge_function(function, around)?.found)
}

/// The reports about a function that is not an endpoint, and the kind of function that it was taken for.
pub struct Judged {
    /// In source order.
    pub found: Vec<Diagnostic>,
    /// Whether its WebSockets are axum's.
    pub is_axum: bool,
    /// Whether an axum upgrade is passed to it, or begins in it.
    pub has_upgrade: bool,
}

/// Like [`function`], with the kind of function that it was taken for.
pub fn judge_function(function: &Function, around: &Surroundings) -> Option<Judged> {
    let Some(flow) = Flow::of_function(function, around) else { return check_helper(function, around) };
    let mut sink = Sink::default();
    judge_flow(&flow, &mut sink);
    Some(Judged {
        found: sink.sorted(),
        is_axum: flow.flavor == Flavor::Axum,
        has_upgrade: flow.flavor == Flavor::Axum && flow.has_upgrade(),
    })
}

/// A function without a connection of its own may have to answer the calls of one.
fn check_helper(function: &Function, around: &Surroundings) -> Option<Judged> {
    if !crate::catalogue::takes_calls(function, around.imports()) {
        return check_sender(function, around);
    }
    let flow = Flow::of_helper(function, around.imports(), around)?;
    let mut sink = Sink::default();
    crate::catalogue::answers_calls(&flow, &mut sink);
    let found = Some(sink.sorted()).filter(|found| !found.is_empty())?;
    Some(Judged { found, is_axum: false, has_upgrade: false })
}

/// A function without a connection of its own may send to those of other clients.
fn check_sender(function: &Function, around: &Surroundings) -> Option<Judged> {
    const LOCKS: [&str; 7] = ["lock", "read", "write", "get", "get_mut", "iter", "iter_mut"];
    let has = |words: &[&str]| function.has_word(words);
    if !has(&["await"]) || !has(&["send", "feed"]) || !has(&["for", "while", "for_each"]) && !has(&LOCKS) {
        return None;
    }
    let flow = Flow::of_helper(function, around.imports(), around)?;
    let mut sink = Sink::default();
    crate::catalogue::sends_in_turn(&flow, &mut sink);
    // What it sends to each in turn is not reported for the lock as well.
    if sink.is_empty() {
        crate::catalogue::holds_a_lock(&flow, &mut sink);
    }
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
