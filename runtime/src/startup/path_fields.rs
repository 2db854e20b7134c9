use sockeye_rules::PATH_FIELDS;

use super::{Candidate, Context, Place, Problem, types::short, wording::Wording};
use crate::{
    endpoint::{ParameterRequirement, Requirement},
    path_shape::PathProblem,
    route::names,
};

/// A `Path<T>` that requires something that the route does not have.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        let route = endpoint.mounted.outer_route();
        let group = endpoint.registered().group;
        // Its parameters are not known; the prefix is reported.
        if !context.groups.has_valid_prefix(group) {
            continue;
        }
        let has_prefix = !(context.groups.prefix(group).is_empty() && context.settings.nested.is_empty());
        let has = Has { names: names(&route), has_prefix };
        for required in endpoint.requirements() {
            if let Requirement::Path { shape, name } = required.requirement {
                let wording = Wording::new(endpoint, required, "Path", name);
                let found = shape(&has.names).problems;
                let found = found.iter().map(|found| {
                    let problem = problem(endpoint, required, &wording, found, &has);
                    let help = found.help(&has.names, &short(name));
                    problem.with_help(with_prefix(help, found, group, has.has_prefix))
                });
                problems.extend(found);
            }
        }
    }
}

/// The parameters of the whole route.
struct Has<'a> {
    names: Vec<&'a str>,
    /// Whether some of them may be in front of the route that the attribute has.
    has_prefix: bool,
}

/// What is missing may be in the path that a group is mounted under, or a router nested, which the program has not said.
fn with_prefix(help: String, found: &PathProblem, group: &str, has_prefix: bool) -> String {
    if has_prefix || group.is_empty() || !found.lacks_parameters() {
        return help;
    }
    format!(
        "{help}; if the parameter is in the path that the group is mounted under, write `.prefix({group:?}, \"/{{name}}\")` for the server"
    )
}

fn problem(
    endpoint: &Candidate,
    required: &ParameterRequirement,
    wording: &Wording,
    found: &PathProblem,
    has: &Has<'_>,
) -> Problem {
    let registered = endpoint.registered();
    let message = format!("{}: {}", wording.who, found.message(&wording.what));
    let label = match required.reason {
        Some(reason) => format!("{}: {reason}", found.label()),
        None => found.label(),
    };
    Problem::new(&PATH_FIELDS, message)
        .at(Place::param(registered, required.index, label))
        .at(Place::route(registered, described(has)))
}

/// The parameters of the route, for the label under it.
fn described(has: &Has<'_>) -> String {
    let route = if has.has_prefix { "with its prefix, the route has" } else { "the route has" };
    match has.names.as_slice() {
        [] => format!("{route} no parameters"),
        [one] => format!("{route} `{one}`"),
        names => format!("{route} `{}`", names.join("`, `")),
    }
}
