use sockeye_rules::UNCOVERED_ENDPOINT;

use super::{Candidate, Context, Place, Problem};
use crate::{
    endpoint::{Registered, Requirement},
    startup_probe::Refusal,
};

/// Extractors that do not identify the client. Any other extractor may authenticate clients.
const ANONYMOUS: [&str; 9] =
    ["State", "Path", "Query", "Extension", "ConnectInfo", "Uri", "OriginalUri", "MatchedPath", "Method"];

/// Words in the type of a query that carries a token: a browser has no other place for one.
const SECRETS: [&str; 8] = ["auth", "token", "login", "session", "credential", "claim", "ticket", "key"];

/// An endpoint that an anonymous client reaches, although the layers of the user's own router would have refused the
/// request: when it was moved out of that router, it lost its guard.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    let open = context.endpoints.iter().filter(|one| !one.registered().options.guarded);
    problems.extend(open.filter_map(|one| Some(problem(one.registered(), kept_out(one)?))));
}

/// How the user's router refuses an anonymous client that the handler cannot refuse.
fn kept_out(endpoint: &Candidate) -> Option<&Refusal> {
    endpoint.beside.as_ref().filter(|_| is_anonymous(endpoint))
}

fn is_anonymous(endpoint: &Candidate) -> bool {
    let tells = |one: &Requirement| matches!(one, Requirement::Credentials | Requirement::Declared(_));
    let declared = endpoint.requirements().any(|one| one.reason.is_some() || tells(&one.requirement));
    !declared && endpoint.registered().params.iter().all(|param| says_nothing(param.ty))
}

fn says_nothing(written: &str) -> bool {
    let (outer, inner) = written.split_once('<').unwrap_or((written, ""));
    let name = outer.rsplit("::").next().unwrap_or(outer).trim();
    let inner = inner.to_ascii_lowercase();
    ANONYMOUS.contains(&name) && !(name == "Query" && SECRETS.iter().any(|word| inner.contains(word)))
}

fn problem(endpoint: &'static Registered, refusal: &Refusal) -> Problem {
    let message = format!(
        "endpoint `{}` accepts every client, but the router passed to `Server::router` answers the same request with {}",
        endpoint.name,
        refusal.answer()
    );
    Problem::new(&UNCOVERED_ENDPOINT, message)
        .at(Place::route(endpoint, "the layers of that router do not apply to endpoints"))
        .with_help(
            "to guard the endpoint with that layer, pass it to `Server::layer(..)`, or `Server::layer_for(..)` for one group, and write `guarded` in the attribute; \
             if any client may connect, or the handler authenticates clients itself, write \
             `allow(uncovered_endpoint, reason = \"..\")` in the attribute",
        )
}
