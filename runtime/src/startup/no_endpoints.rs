use sockeye_rules::NO_ENDPOINTS;

use super::{Context, Problem, collect::place};

/// A server without endpoints answers every handshake with 404.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    if context.endpoints.is_empty() && context.expected.is_empty() {
        problems.push(Problem::new(&NO_ENDPOINTS, message(context)).with_help(help(context)));
    }
}

fn message(context: &Context) -> String {
    if context.group.is_empty() {
        "the program has no WebSocket endpoint".to_owned()
    } else {
        format!("the program has no WebSocket endpoint in the group `{}`", context.group)
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
