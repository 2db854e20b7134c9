use sockeye_rules::MISSING_CONNECT_INFO;

use super::{
    Candidate, Context, Problem,
    types::short,
    wording::{self, Wording},
};
use crate::endpoint::{ParameterRequirement, Requirement};

/// A `ConnectInfo<T>` of a type that Sockeye's listener does not provide.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        problems.extend(endpoint.absent().filter_map(|required| of_another_type(endpoint, required)));
    }
}

/// A `ConnectInfo<SocketAddr>`, if the listener knows no address: that of a Unix socket.
pub(super) fn without_addresses(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        problems.extend(endpoint.of_peer().filter_map(|required| unaddressed(endpoint, required)));
    }
}

fn of_another_type(endpoint: &Candidate, required: &ParameterRequirement) -> Option<Problem> {
    let (problem, name) = problem(endpoint, required, "the listener provides a `std::net::SocketAddr`")?;
    Some(problem.with_help(format!(
        "write `ConnectInfo<SocketAddr>`, or serve `Checked::into_router()` yourself with \
         `into_make_service_with_connect_info::<{}>()`",
        short(name)
    )))
}

fn unaddressed(endpoint: &Candidate, required: &ParameterRequirement) -> Option<Problem> {
    let (problem, _) = problem(endpoint, required, "the listener knows no address of its clients")?;
    Some(problem.with_help(
        "call `peer()` or `client()` of the handshake, which are `None` without an address, or serve on a TCP listener",
    ))
}

/// The problem with its label, and the name of the type; `None` if another extractor requires it.
fn problem(
    endpoint: &Candidate,
    required: &ParameterRequirement,
    label: &str,
) -> Option<(Problem, &'static str)> {
    let Requirement::ConnectInfo { name, .. } = required.requirement else { return None };
    let Wording { who, what, .. } = Wording::new(endpoint, required, "ConnectInfo", name);
    let message = format!("{who} needs `{what}`, which the listener does not provide");
    let problem = Problem::new(&MISSING_CONNECT_INFO, message);
    Some((problem.at(wording::place(endpoint, required, label)), name))
}
