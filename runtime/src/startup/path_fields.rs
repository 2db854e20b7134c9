use sockeye_rules::PATH_FIELDS;

use super::{Candidate, Context, Place, Problem, routes::names, wanted::Wanted};
use crate::{
    endpoint::{Need, Needed},
    path_shape::PathProblem,
};

/// A `Path<T>` that asks for what the route does not have.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        let names = names(endpoint.registered().route);
        for needed in endpoint.needs() {
            if let Need::Path { check, name } = needed.need {
                let wanted = Wanted::new(endpoint, needed, "Path", name);
                problems.extend(check(&names).iter().map(|found| problem(endpoint, needed, &wanted, found)));
            }
        }
    }
}

fn problem(endpoint: &Candidate, needed: &Needed, wanted: &Wanted, found: &PathProblem) -> Problem {
    let registered = endpoint.registered();
    let names = &names(registered.route)[..];
    let message = format!("{}: {}", wanted.who, found.message(&wanted.what));
    let label = match needed.reason {
        Some(reason) => format!("{}: {reason}", found.label()),
        None => found.label(),
    };
    Problem::new(&PATH_FIELDS, message)
        .at(Place::param(registered, needed.index, label))
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
