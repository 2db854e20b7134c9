use sockeye_rules::PATH_FIELDS;

use super::{Candidate, Context, Place, Problem, routes::names};
use crate::{endpoint::Need, path_shape::PathProblem};

/// A `Path<T>` that asks for what the route does not have.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        let names = names(endpoint.registered().route);
        for (index, need) in endpoint.needs() {
            if let Need::Path { check, .. } = need {
                problems.extend(check(&names).iter().map(|found| problem(endpoint, index, found, &names)));
            }
        }
    }
}

fn problem(endpoint: &Candidate, index: usize, found: &PathProblem, names: &[&str]) -> Problem {
    let registered = endpoint.registered();
    let message = format!("endpoint `{}`: {}", registered.name, found.message(endpoint.written(index)));
    Problem::new(&PATH_FIELDS, message)
        .at(Place::param(registered, index, found.label()))
        .at(Place::route(registered, described(names)))
        .with_help(found.help(names))
}

/// What the route has, for the label under it.
fn described(names: &[&str]) -> String {
    match names {
        [] => "the route has no parameters".to_owned(),
        [one] => format!("the route has `{one}`"),
        _ => format!("the route has `{}`", names.join("`, `")),
    }
}
