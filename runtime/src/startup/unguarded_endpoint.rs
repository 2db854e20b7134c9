use sockeye_rules::UNGUARDED_ENDPOINT;

use super::{Candidate, Context, Place, Problem};
use crate::startup_probe::Answer;

/// An endpoint that is `guarded`, but that the startup probe reached without credentials.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    problems.extend(context.endpoints.iter().filter(|one| is_open(one)).map(problem));
}

fn is_open(endpoint: &Candidate) -> bool {
    let guarded = endpoint.registered().options.guarded;
    guarded && matches!(endpoint.answer, Some(Answer::Arrived { .. }))
}

fn problem(endpoint: &Candidate) -> Problem {
    let registered = endpoint.registered();
    let message = format!(
        "endpoint `{}` is `guarded`, but a handshake without credentials reaches it",
        registered.name
    );
    Problem::new(&UNGUARDED_ENDPOINT, message)
        .at(Place::option(registered, "guarded", "no layer refuses the request"))
        .with_help(
            "add the authenticating layer with `Server::layer`, or `Server::layer_for` for one group (the layers of the router passed to `.router(..)` \
             do not apply to endpoints), or remove `guarded` and authenticate in the handler",
        )
}
