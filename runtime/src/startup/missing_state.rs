use sockeye_rules::MISSING_STATE;

use super::{
    Candidate, Context, Place, Problem,
    types::short,
    wording::{self, Wording},
};
use crate::endpoint::{ParameterRequirement, Requirement};

/// A `State<T>` or `state = T` whose value was not given to `Server::state`.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        for required in endpoint.requirements() {
            if let Some(full) = missing(endpoint, &required.requirement) {
                problems.push(parameter(context, endpoint, required, full));
            }
        }
        if let Some(full) = missing(endpoint, &endpoint.state) {
            problems.push(option(context, endpoint, full));
        }
    }
}

/// Full name of the missing type.
fn missing(endpoint: &Candidate, requirement: &Requirement) -> Option<&'static str> {
    match requirement {
        Requirement::State { id, name } if !endpoint.mounted.states.has(*id) => Some(name),
        _ => None,
    }
}

fn parameter(
    context: &Context,
    endpoint: &Candidate,
    required: &ParameterRequirement,
    full: &'static str,
) -> Problem {
    let Wording { who, what, of } = Wording::new(endpoint, required, "State", full);
    Problem::new(&MISSING_STATE, format!("{who} needs `{what}`, which the server does not have"))
        .at(wording::place(endpoint, required, "no value of this type was passed to `Server::state`"))
        .with_help(help(context, &of, full))
}

fn option(context: &Context, endpoint: &Candidate, full: &'static str) -> Problem {
    let registered = endpoint.registered();
    let written = registered.options.state.map_or_else(|| short(full), str::to_owned);
    let message =
        format!("endpoint `{}` has `state = {written}`, which the server does not have", registered.name);
    Problem::new(&MISSING_STATE, message)
        .at(Place::option(registered, "state", "no value of this type was passed to `Server::state`"))
        .with_help(help(context, &written, full))
}

fn help(context: &Context, written: &str, full: &str) -> String {
    let add = format!("add `.state({})` to the `Server`", value(written));
    match context.given.iter().find(|given| looks_like(given, full)) {
        Some(given) => format!("{add};\nthe server has a `{given}`, which is a different type than `{full}`"),
        None => add,
    }
}

/// An expression for a value of the type.
fn value(written: &str) -> String {
    match written.split_once('<') {
        Some(("Hub", of)) => format!("Hub::<{of}::new()"),
        Some(("Arc", of)) => format!("Arc::new(/* {} */)", of.strip_suffix('>').unwrap_or(of)),
        _ => format!("/* {written} */"),
    }
}

/// Whether one type wraps the other (`Arc<App>` and `App`), or has the same name (`a::Config` and `b::Config`).
fn looks_like(given: &str, required: &str) -> bool {
    let wraps = |outer: &str, inner: &str| outer.contains(&format!("<{inner}>"));
    wraps(given, required) || wraps(required, given) || short(given) == short(required)
}
