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
        for required in endpoint.absent() {
            if let Requirement::ConnectInfo { name, .. } = required.requirement {
                problems.push(problem(endpoint, required, name));
            }
        }
    }
}

/// A `ConnectInfo<SocketAddr>`, if the listener knows no address: that of a Unix socket.
pub(super) fn without_addresses(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        for required in endpoint.of_peer() {
            if let Requirement::ConnectInfo { name, .. } = required.requirement {
                problems.push(unaddressed(endpoint, required, name));
            }
        }
    }
}

fn unaddressed(endpoint: &Candidate, required: &ParameterRequirement, full: &str) -> Problem {
    let Wording { who, what, .. } = Wording::new(endpoint, required, "ConnectInfo", full);
    Problem::new(&MISSING_CONNECT_INFO, format!("{who} needs `{what}`, which the listener does not provide"))
        .at(wording::place(endpoint, required, "the listener knows no address of its clients"))
        .with_help(
            "call `peer()` or `client()` of the handshake, which are `None` without an address, or serve on a TCP listener",
        )
}

fn problem(endpoint: &Candidate, required: &ParameterRequirement, full: &str) -> Problem {
    let Wording { who, what, .. } = Wording::new(endpoint, required, "ConnectInfo", full);
    Problem::new(&MISSING_CONNECT_INFO, format!("{who} needs `{what}`, which the listener does not provide"))
        .at(wording::place(endpoint, required, "the listener provides a `std::net::SocketAddr`"))
        .with_help(format!(
            "write `ConnectInfo<SocketAddr>`, or serve `Checked::into_router()` yourself with \
             `into_make_service_with_connect_info::<{}>()`",
            short(full)
        ))
}
