use sockeye_rules::MISSING_EXTENSION;

use super::{
    Candidate, Context, Problem,
    wording::{self, Wording},
};
use crate::endpoint::{ParameterRequirement, Requirement};

/// An `Extension<T>` that no layer had inserted when the startup probe reached the endpoint.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        for required in endpoint.absent() {
            if let Requirement::Extension { name, .. } = required.requirement {
                problems.push(problem(endpoint, required, name));
            }
        }
    }
}

fn problem(endpoint: &Candidate, required: &ParameterRequirement, full: &str) -> Problem {
    let Wording { who, what, of } = Wording::new(endpoint, required, "Extension", full);
    Problem::new(&MISSING_EXTENSION, format!("{who} needs `{what}`, which no layer adds to the request"))
        .at(wording::place(endpoint, required, "not in the extensions of the request"))
        .with_help(help(endpoint, required, &of))
}

/// On a guarded endpoint the value usually identifies the user: the same value for every request would log in everyone
/// as the same user.
fn help(endpoint: &Candidate, required: &ParameterRequirement, of: &str) -> String {
    if endpoint.registered().options.guarded {
        return format!(
            "add it in the layer that authenticates, with `request.extensions_mut().insert(/* {of} */)`, and pass that \
             layer to `Server::layer`"
        );
    }
    let add = format!("add `.layer(axum::Extension(/* {of} */))` to the `Server`");
    if required.reason.is_some() { add } else { format!("{add}, or share the value as `State<{of}>`") }
}
