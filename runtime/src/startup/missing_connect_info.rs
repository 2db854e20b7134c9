use sockeye_rules::MISSING_CONNECT_INFO;

use super::{Candidate, Context, Place, Problem, types::short};
use crate::{endpoint::Need, preflight::Answer};

/// A `ConnectInfo<T>` of a type that Sockeye's listener does not give.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        let Some(Answer::Arrived { absent, .. }) = &endpoint.answer else { continue };
        for (index, need) in endpoint.needs().filter(|(index, _)| absent.contains(index)) {
            if let Need::ConnectInfo { name, .. } = need {
                problems.push(problem(endpoint, index, name));
            }
        }
    }
}

fn problem(endpoint: &Candidate, index: usize, full: &str) -> Problem {
    let (registered, written) = (endpoint.registered(), endpoint.written(index));
    let message =
        format!("endpoint `{}` needs `{written}`, which the listener does not give", registered.name);
    Problem::new(&MISSING_CONNECT_INFO, message)
        .at(Place::param(registered, index, "the listener knows the peer as a `std::net::SocketAddr`"))
        .with_help(format!(
            "write `ConnectInfo<SocketAddr>`, or serve `Checked::into_router()` yourself with \
             `into_make_service_with_connect_info::<{}>()`",
            short(full)
        ))
}
