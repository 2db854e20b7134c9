use sockeye_rules::DUPLICATE_ROUTE;

use super::{Candidate, Clash, Context, Place, Problem};
use crate::endpoint::Registered;

/// Two endpoints of one group with one route. In one crate the macro finds it; across crates only the server can.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    let same = |one: &Candidate| match one.clash {
        Some(Clash::Same(first)) => Some(problem(one.registered(), first)),
        _ => None,
    };
    problems.extend(context.endpoints.iter().filter_map(same));
}

fn problem(second: &'static Registered, first: &'static Registered) -> Problem {
    let message = format!(
        "endpoints `{}::{}` and `{}::{}` have the same route",
        first.module, first.name, second.module, second.name
    );
    Problem::new(&DUPLICATE_ROUTE, message)
        .at(Place::route(second, "this route is taken"))
        .at(Place::route(first, "by this endpoint"))
        .with_help("give one of them another route, or put them into different groups with `group = \"..\"`")
}
