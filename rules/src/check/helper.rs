//! `#[ws_lifecycle]`: the lifecycle rules for a function that is not an endpoint.

use crate::{
    MISSING_HANDSHAKE, NOT_A_FUNCTION, UNKNOWN_OPTION,
    flow::{Flow, Step},
    syntax::{Endpoint, Item, Sink, one_line},
};

const ALLOW: &str = "`#[ws_lifecycle]` or `#[ws_lifecycle(allow(rule, reason = \"why\"))]`";

/// The faults of the attribute itself.
pub(super) fn check_attribute(helper: &Endpoint, sink: &mut Sink) {
    if let Item::Other(other) = &helper.item {
        let message = format!("`#[ws_lifecycle]` can only be applied to a function, not to {}", other.what);
        sink.report(
            &NOT_A_FUNCTION,
            &other.at,
            message,
            "move the attribute to the function that uses the socket",
        );
    }
    let arguments = &helper.arguments;
    if let Some(route) = &arguments.route {
        let message = "`#[ws_lifecycle]` takes no route: the function is checked, not served";
        sink.report(&UNKNOWN_OPTION, &route.literal, message, format!("write {ALLOW}"));
    }
    let names = arguments
        .options
        .iter()
        .map(|option| &option.name)
        .filter(|name| *name != "allow" && *name != "crate");
    for name in names {
        let message = format!("`{name}` is not an option of `#[ws_lifecycle]`");
        sink.report(&UNKNOWN_OPTION, name, message, format!("write {ALLOW}"));
    }
    for stray in arguments.stray.iter().chain(&arguments.constant).chain(&arguments.instead_of_route) {
        let message = format!("`{}` is not an option", one_line(stray));
        sink.report(&UNKNOWN_OPTION, stray, message, format!("write {ALLOW}"));
    }
    crate::catalogue::invalid_options(helper, sink);
    if let Some(function) =
        helper.function().filter(|one| one.parameters.is_empty() && one.receiver.is_none())
    {
        let name = function.name();
        let message = format!(
            "`{name}` has no parameter of the type `Handshake`, `Socket`, `Sender` or `Receiver`: there is nothing to check"
        );
        sink.report(&MISSING_HANDSHAKE, name, message, "remove the attribute");
    }
}

/// The faults of the helpers that a function calls, once each, unless they are reported elsewhere.
pub(super) fn report_faults(flow: &Flow<'_>, sink: &mut Sink) {
    if flow.helpers_are_judged() {
        return;
    }
    let (mut seen, mut reported) = (Vec::new(), Vec::new());
    for (_, step) in flow.steps() {
        let Step::Call(call) = step else { continue };
        let Some(helper) = flow.called(call).filter(|helper| !seen.contains(&helper.name)) else { continue };
        seen.push(helper.name.clone());
        for fault in &helper.faults {
            let name = fault.of.as_ref().unwrap_or(&helper.name);
            let is_named = fault.message.starts_with(&format!("`{name}` "));
            let place = if is_named { String::new() } else { format!("in `{name}`: ") };
            let message = format!("{place}{}", fault.message);
            if reported.contains(&message) {
                continue;
            }
            reported.push(message.clone());
            sink.report(fault.rule, &call.at, message, &fault.help);
        }
    }
}
