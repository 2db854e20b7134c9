use sockeye_rules::{ORIGIN_SYNTAX, origin::OriginProblem};

use super::{Candidate, Context, Place, Problem};

/// An entry of an origin list that no browser can ever send, or that is too broad.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    let server = context.settings.origins.problems();
    problems.extend(server.iter().map(|(entry, found)| problem("the server's origins", entry, found)));
    // The macro has checked the entries of an endpoint; this is for endpoints that were registered without it.
    for endpoint in context.endpoints.iter().filter(|one| one.registered().options.origins.is_some()) {
        problems.extend(of_endpoint(endpoint));
    }
}

fn of_endpoint(endpoint: &Candidate) -> Vec<Problem> {
    let registered = endpoint.registered();
    let whose = format!("the origins of endpoint `{}`", registered.name);
    let place = || Place::option(registered, "origins", "no browser sends such an origin");
    let found = endpoint.mounted.settings.origins.problems();
    found.iter().map(|(entry, found)| problem(&whose, entry, found).at(place())).collect()
}

fn problem(whose: &str, entry: &str, found: &OriginProblem) -> Problem {
    let message = format!("{whose} cannot have `{entry}`: {found}");
    Problem::new(&ORIGIN_SYNTAX, message).with_help(found.help())
}
