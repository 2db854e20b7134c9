use std::collections::HashSet;

use sockeye_rules::MISSING_ENDPOINT;

use super::{Candidate, Context, Problem, likeness};
use crate::{endpoint::Registered, route::shape};

/// A route that was given to `Server::expect` and that no endpoint has.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    let shapes: HashSet<String> = context.endpoints.iter().map(|one| shape(one.registered().route)).collect();
    let missing = context.expected.iter().filter(|expected| !shapes.contains(&shape(expected)));
    problems.extend(missing.map(|expected| problem(context, expected)));
}

fn problem(context: &Context, expected: &str) -> Problem {
    Problem::new(
        &MISSING_ENDPOINT,
        format!("the program has no endpoint with the expected route `{expected}`"),
    )
    .with_help(help(context, expected))
}

fn help(context: &Context, expected: &str) -> String {
    if let Some(other) = in_other_group(context, expected) {
        let (name, group) = (other.name, other.group);
        return format!("endpoint `{name}` has this route, but it is in the group {group:?}");
    }
    if let Some(help) = behind_prefix(context, expected) {
        return help;
    }
    let linker = "if its handler is in a library crate that this program never mentions, the linker drops it:\n\
                  write `use that_crate as _;` in `main.rs`";
    match closest(context, expected) {
        Some(other) => {
            format!("the closest route is `{}` of endpoint `{}`;\n{linker}", other.route, other.name)
        }
        None => linker.to_owned(),
    }
}

fn in_other_group(context: &Context, expected: &str) -> Option<&'static Registered> {
    context.elsewhere.iter().copied().find(|one| shape(one.route) == shape(expected))
}

/// The endpoint whose attribute has this route, and whose group has a prefix.
fn behind_prefix(context: &Context, expected: &str) -> Option<String> {
    let with_prefix = |one: &&Candidate| {
        let prefix = context.groups.prefix(one.registered().group);
        !prefix.is_empty() && shape(&format!("{prefix}{expected}")) == shape(one.registered().route)
    };
    let one = context.endpoints.iter().find(with_prefix)?.registered();
    Some(format!(
        "endpoint `{}` has this route in its group; with the group's prefix, write `{}`",
        one.name, one.route
    ))
}

/// The endpoint whose route is probably a misspelling of the expected one.
fn closest(context: &Context, expected: &str) -> Option<&'static Registered> {
    likeness::closest(expected, context.endpoints.iter().map(Candidate::registered), |one| one.route)
}
