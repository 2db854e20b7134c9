use sockeye_rules::NO_ENDPOINTS;

use super::{Candidate, Context, Problem, collect::place, likeness};

/// A server without endpoints answers every handshake with 404.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    let names = context.groups.names();
    if context.endpoints.is_empty() && !context.expected.is_empty() {
        return; // `missing_endpoint` says more.
    }
    if context.endpoints.is_empty() && names.is_empty() {
        problems.push(problem(context, "the program has no WebSocket endpoint".to_owned()));
    }
    let empty = names.into_iter().filter(|name| is_empty(context, name));
    problems.extend(empty.map(|name| empty_group(context, name)));
}

fn is_empty(context: &Context, group: &str) -> bool {
    !context.endpoints.iter().any(|one| one.registered().group == group)
}

fn empty_group(context: &Context, group: &str) -> Problem {
    let problem = problem(context, message(group));
    match closest(context, group) {
        Some(near) => problem.with_help(format!("did you mean the group {near:?}?")),
        None => problem,
    }
}

/// The group whose name is probably meant.
fn closest(context: &Context, group: &str) -> Option<&'static str> {
    let ours = context.endpoints.iter().map(Candidate::registered);
    let all = ours.chain(context.elsewhere.iter().copied()).map(|one| one.group);
    likeness::closest(group, all.filter(|one| !one.is_empty()), |one| one)
}

fn problem(context: &Context, message: String) -> Problem {
    Problem::new(&NO_ENDPOINTS, message).with_help(help(context))
}

fn message(group: &str) -> String {
    if group.is_empty() {
        "the program has no WebSocket endpoint without a group".to_owned()
    } else {
        format!("the program has no WebSocket endpoint in the group `{group}`")
    }
}

fn help(context: &Context) -> String {
    let Some(other) = context.elsewhere.iter().min_by_key(|one| place(one)) else {
        return "annotate a handler with `#[ws_endpoint(\"/ws\")]`; if the handlers are in a library crate that \
                this program never mentions, the linker drops it:\nwrite `use that_crate as _;` in `main.rs`"
            .to_owned();
    };
    let count = context.elsewhere.len();
    let (one, server) = (&other.name, group_call(other.group));
    format!(
        "{} in other groups (`{one}` is in `{}`): {server}",
        sockeye_rules::render::count(count, "endpoint"),
        other.group
    )
}

fn group_call(group: &str) -> String {
    if group.is_empty() {
        "remove `.group(..)` from the `Server`".to_owned()
    } else {
        format!("add `.group({group:?})` to the `Server`, or remove `group = {group:?}` from the attribute")
    }
}
