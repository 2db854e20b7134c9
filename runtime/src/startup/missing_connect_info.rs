use sockeye_rules::MISSING_CONNECT_INFO;

use super::{
    Candidate, Context, Problem,
    types::short,
    wanted::{self, Wanted},
};
use crate::endpoint::{Need, Needed};

/// A `ConnectInfo<T>` of a type that Sockeye's listener does not give.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        for needed in endpoint.absent() {
            if let Need::ConnectInfo { name, .. } = needed.need {
                problems.push(problem(endpoint, needed, name));
            }
        }
    }
}

fn problem(endpoint: &Candidate, needed: &Needed, full: &str) -> Problem {
    let Wanted { who, what, .. } = Wanted::new(endpoint, needed, "ConnectInfo", full);
    Problem::new(&MISSING_CONNECT_INFO, format!("{who} needs `{what}`, which the listener does not give"))
        .at(wanted::place(endpoint, needed, "the listener knows the peer as a `std::net::SocketAddr`"))
        .with_help(format!(
            "write `ConnectInfo<SocketAddr>`, or serve `Checked::into_router()` yourself with \
             `into_make_service_with_connect_info::<{}>()`",
            short(full)
        ))
}
