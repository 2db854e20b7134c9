use sockeye_rules::MISSING_EXTENSION;

use super::{
    Candidate, Context, Problem,
    wanted::{self, Wanted},
};
use crate::endpoint::{Need, Needed};

/// An `Extension<T>` that no layer had put into the request when the preflight reached the endpoint.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        for needed in endpoint.absent() {
            if let Need::Extension { name, .. } = needed.need {
                problems.push(problem(endpoint, needed, name));
            }
        }
    }
}

fn problem(endpoint: &Candidate, needed: &Needed, full: &str) -> Problem {
    let Wanted { who, what, of } = Wanted::new(endpoint, needed, "Extension", full);
    Problem::new(&MISSING_EXTENSION, format!("{who} needs `{what}`, which no layer puts into the request"))
        .at(wanted::place(endpoint, needed, "not in the request when it arrives here"))
        .with_help(help(endpoint, needed, &of))
}

/// Behind a guard the value says who asks, as a rule: one value for every request would be everybody's login.
fn help(endpoint: &Candidate, needed: &Needed, of: &str) -> String {
    if endpoint.registered().options.guarded {
        return format!(
            "the layer that authenticates has to put it in, with `request.extensions_mut().insert(/* {of} */)`, and \
             belongs in `Server::layer`"
        );
    }
    let add = format!("add `.layer(axum::Extension(/* {of} */))` to the `Server`");
    if needed.reason.is_some() { add } else { format!("{add}, or share the value as `State<{of}>`") }
}
