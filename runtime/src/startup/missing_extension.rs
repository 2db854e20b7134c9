use sockeye_rules::MISSING_EXTENSION;

use super::{
    Candidate, Context, Place, Problem,
    types::{inside, short},
};
use crate::{endpoint::Need, preflight::Answer};

/// An `Extension<T>` that no layer had put into the request when the preflight reached the endpoint.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        let Some(Answer::Arrived { absent, .. }) = &endpoint.answer else { continue };
        for (index, need) in endpoint.needs().filter(|(index, _)| absent.contains(index)) {
            if let Need::Extension { name, .. } = need {
                problems.push(problem(endpoint, index, name));
            }
        }
    }
}

fn problem(endpoint: &Candidate, index: usize, full: &str) -> Problem {
    let (registered, written) = (endpoint.registered(), endpoint.written(index));
    let value = inside(written, "Extension").map_or_else(|| short(full), str::to_owned);
    let message =
        format!("endpoint `{}` needs `{written}`, which no layer puts into the request", registered.name);
    Problem::new(&MISSING_EXTENSION, message)
        .at(Place::param(registered, index, "not in the request when it arrives here"))
        .with_help(format!(
            "add `.layer(axum::Extension(/* {value} */))` to the `Server`, or share the value as `State<{value}>`"
        ))
}
