//! What goes wrong in a function when a parameter has a value from the client.

use std::{collections::HashSet, rc::Rc};

use super::{Neighbours, collect::Found, neighbours::Fault};
use crate::{
    catalogue::{logs_secret, may_log, may_panic, panics_on},
    flow::{Flow, is_handle_type},
    syntax::Sink,
    trace::Given,
};

/// The number of `self` among the parameters.
pub(crate) const SELF: usize = usize::MAX;

/// A fault that depends on what a function is called with.
#[derive(Debug, Clone)]
pub(crate) struct Hazard {
    /// The number of the parameter, without `self`.
    pub(crate) parameter: usize,
    /// Whether anything from the client does it, or only a secret.
    pub(crate) of_secret: bool,
    pub(crate) fault: Fault,
}

/// The hazards of each function that is called by one with a connection, or may be by one in another file.
pub(super) fn hazards(functions: &[Found], file: &Rc<Neighbours>) -> Vec<Vec<Hazard>> {
    if file.is_for_others() {
        return functions.iter().map(|found| of_function(found, file)).collect();
    }
    let names: HashSet<_> = functions.iter().map(|found| found.function.name().to_string()).collect();
    let callers = functions.iter().filter(|found| has_connection(found, file));
    let words = callers.flat_map(|found| found.function.words());
    let called: HashSet<_> = words.filter(|word| names.contains(*word)).collect();
    let hazards = |found: &Found| {
        let is_called = called.contains(&found.function.name().to_string());
        if is_called { of_function(found, file) } else { Vec::new() }
    };
    functions.iter().map(hazards).collect()
}

fn has_connection(found: &Found, file: &Neighbours) -> bool {
    let has_handles = |of: &String| file.has_handles(of);
    found.is_ours || found.of.as_ref().is_some_and(has_handles) || found.takes_handle()
}

/// The faults in a function for values of the client in each of its parameters.
fn of_function(found: &Found, file: &Rc<Neighbours>) -> Vec<Hazard> {
    let function = &found.function;
    let may_have_any = may_panic(function) || may_log(function);
    let has_any = !function.parameters.is_empty() || function.receiver.is_some() && may_log(function);
    if found.is_ours || found.is_test || !has_any || !may_have_any {
        return Vec::new();
    }
    let around = found.around(file);
    let Some(flow) = Flow::of_helper(function, &found.imports, &around) else { return Vec::new() };
    let is_plain = |index: &usize| !is_handle_type(function.parameters[*index].ty(), &found.imports);
    let parameters = (0..function.parameters.len()).filter(is_plain);
    let of_self = function.receiver.iter().flat_map(|_| of_held(&flow));
    parameters.flat_map(|parameter| of_parameter(&flow, parameter)).chain(of_self).collect()
}

/// What it logs of a secret in `self`.
fn of_held(flow: &Flow<'_>) -> Vec<Hazard> {
    let mut sink = Sink::default();
    if may_log(flow.function) {
        logs_secret(flow, Some(Given::Held), &mut sink);
    }
    let hazard = |one| Hazard { parameter: SELF, of_secret: true, fault: Fault::of(flow.neighbours(), one) };
    sink.sorted().into_iter().map(hazard).collect()
}

fn of_parameter(flow: &Flow<'_>, parameter: usize) -> Vec<Hazard> {
    let mut sink = Sink::default();
    panics_on(flow, Some(Given::Sent(parameter)), &mut sink);
    logs_secret(flow, Some(Given::Sent(parameter)), &mut sink);
    let mut secrets = Sink::default();
    logs_secret(flow, Some(Given::Secret(parameter)), &mut secrets);
    let hazard =
        |of_secret| move |one| Hazard { parameter, of_secret, fault: Fault::of(flow.neighbours(), one) };
    let of_sent = sink.sorted().into_iter().map(hazard(false));
    of_sent.chain(secrets.sorted().into_iter().map(hazard(true))).collect()
}
