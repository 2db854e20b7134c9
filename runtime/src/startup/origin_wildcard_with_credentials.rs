use sockeye_rules::ORIGIN_WILDCARD_WITH_CREDENTIALS;

use super::{Candidate, Context, Place, Problem, wording};
use crate::endpoint::{Registered, Requirement};

/// Extractors for values that a browser sends automatically, whichever page the script was loaded from.
///
/// `Authorization` is not one of them: no page can set that header on a WebSocket, and a browser adds it automatically only
/// for a remembered password, which is `Authorization<Basic>`. A page of another site does not have a bearer token.
const CREDENTIALS: [&str; 6] =
    ["CookieJar", "SignedCookieJar", "PrivateCookieJar", "Cookie", "Cookies", "Basic"];

/// Any origin on an endpoint that trusts credentials: every page on the web can use its visitors' accounts.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    let open = context.endpoints.iter().filter(|one| one.mounted.settings.origins.is_any());
    problems.extend(open.filter_map(problem));
}

fn problem(candidate: &Candidate) -> Option<Problem> {
    let endpoint = candidate.registered();
    let place = credentials(endpoint).or_else(|| declared(candidate)).or_else(|| read(endpoint))?;
    let message = format!(
        "endpoint `{}` reads credentials and allows any origin: a browser sends its user's credentials from any web page",
        endpoint.name
    );
    Some(Problem::new(&ORIGIN_WILDCARD_WITH_CREDENTIALS, message).at(place).with_help(
        "list the allowed origins in the attribute, `origins = [\"https://app.example.com\"]`, or remove the option to \
         allow only your own pages",
    ))
}

fn credentials(endpoint: &'static Registered) -> Option<Place> {
    if endpoint.options.guarded {
        return Some(Place::option(endpoint, "guarded", "a layer authenticates the request"));
    }
    let reads = |ty: &str| words(ty).any(|word| CREDENTIALS.contains(&word));
    let index = endpoint.params.iter().position(|param| reads(param.ty))?;
    Some(Place::param(endpoint, index, "reads credentials from the request"))
}

/// A parameter whose type says that it reads credentials.
fn declared(endpoint: &Candidate) -> Option<Place> {
    let required =
        endpoint.requirements().find(|required| matches!(required.requirement, Requirement::Credentials))?;
    Some(wording::place(endpoint, required, "reads credentials from the request"))
}

/// A body that reads credentials without an extractor. The program does not contain its source, so the mark is at the
/// handler's name.
fn read(endpoint: &'static Registered) -> Option<Place> {
    endpoint.reads_cookies.then(|| Place::name(endpoint, "reads the `cookie` header in its body"))
}

fn words(ty: &str) -> impl Iterator<Item = &str> {
    ty.split(|c: char| !c.is_alphanumeric() && c != '_')
}
