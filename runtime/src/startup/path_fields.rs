use sockeye_rules::PATH_FIELDS;

use super::{Candidate, Context, Place, Problem, wording::Wording};
use crate::{
    endpoint::{ParameterRequirement, Requirement},
    path_shape::PathProblem,
    route::names,
};

/// A `Path<T>` that requires something that the route does not have.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        let names = names(endpoint.registered().route);
        for required in endpoint.requirements() {
            if let Requirement::Path { shape, name } = required.requirement {
                let wording = Wording::new(endpoint, required, "Path", name);
                let found = shape(&names).problems;
                problems.extend(found.iter().map(|found| problem(endpoint, required, &wording, found)));
            }
        }
    }
}

fn problem(
    endpoint: &Candidate,
    required: &ParameterRequirement,
    wording: &Wording,
    found: &PathProblem,
) -> Problem {
    let registered = endpoint.registered();
    let names = &names(registered.route)[..];
    let message = format!("{}: {}", wording.who, found.message(&wording.what));
    let label = match required.reason {
        Some(reason) => format!("{}: {reason}", found.label()),
        None => found.label(),
    };
    Problem::new(&PATH_FIELDS, message)
        .at(Place::param(registered, required.index, label))
        .at(Place::route(registered, described(names)))
        .with_help(found.help(names))
}

/// The parameters of the route, for the label under it.
fn described(names: &[&str]) -> String {
    match names {
        [] => "the route has no parameters".to_owned(),
        [one] => format!("the route has `{one}`"),
        _ => format!("the route has `{}`", names.join("`, `")),
    }
}
