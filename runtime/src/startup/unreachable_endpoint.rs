use http::{HeaderName, StatusCode};
use sockeye_rules::{UNREACHABLE_ENDPOINT, UPGRADE_STRIPPED};

use super::{Candidate, Context, Place, Problem};
use crate::{
    endpoint::Registered,
    route::{names, sample},
    startup_probe::{Answer, Refusal},
};

/// An endpoint that the startup probe did not reach, so no client can.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    problems.extend(context.endpoints.iter().filter_map(unreachable));
}

fn unreachable(endpoint: &Candidate) -> Option<Problem> {
    let registered = endpoint.registered();
    let (label, help) = match endpoint.answer.as_ref()? {
        Answer::Arrived { at, .. } if std::ptr::eq(*at, registered) => return None,
        // A redirect to `https://` keeps no one out who is behind TLS.
        Answer::Refused(refusal)
            if registered.options.guarded
                && refusal.asks_for_credentials()
                && !refusal.leads_back_to(&sample(registered.route)) =>
        {
            return None;
        }
        Answer::Busy => return None,
        Answer::Arrived { at, .. } => elsewhere(at.name),
        Answer::Refused(refusal) => refused(refusal, endpoint),
        Answer::Replaced(refusal) => replaced(refusal),
        Answer::Stripped(header) => stripped(header),
        Answer::Panicked(words) => panicked(words),
        Answer::Silent => silent(),
        Answer::NoRequest(why) => no_request(why),
    };
    let message = format!("no client can reach endpoint `{}`: {}", registered.name, label.0);
    Some(Problem::new(&UNREACHABLE_ENDPOINT, message).at(Place::route(registered, label.1)).with_help(help))
}

/// The title, the label under the route, and the help text.
type Told = ((String, String), String);

fn told(title: impl Into<String>, label: impl Into<String>, help: impl Into<String>) -> Told {
    ((title.into(), label.into()), help.into())
}

fn refused(refusal: &Refusal, candidate: &Candidate) -> Told {
    let endpoint = candidate.registered();
    let is_public = candidate.mounted.settings.hosts.public().is_some();
    let by = match endpoint.group {
        _ if !refusal.is_of_group() => String::new(),
        "" => " from a layer of the endpoints without a group".to_owned(),
        group => format!(" from a layer of the group {group:?}"),
    };
    let title = format!("the startup probe got {}{by}", refusal.status());
    let mut help = advice(refusal, endpoint).to_owned();
    if refusal.may_be_about_host() && !is_public {
        help.push_str(ABOUT_HOST);
    }
    told(title, format!("a handshake for this route gets {refusal}"), help)
}

/// The probe does not know the name that clients request.
const ABOUT_HOST: &str = "; if it checks the host or the scheme of the request, set the address that clients use: \
                          `.public_url(\"https://app.example.com\")` on the `Server`";

fn advice(refusal: &Refusal, endpoint: &'static Registered) -> &'static str {
    let status = refusal.status();
    if refusal.says(UPGRADE_STRIPPED.name) {
        "a layer passes on a new request without the extensions of the original one: build it from the original with \
         `into_parts` and `from_parts`"
    } else if refusal.keeps_strangers_out() {
        "let handshakes pass the layer that answers with this status, or, if that layer authenticates clients, write \
         `guarded` in the attribute"
    } else if refusal.misses_what_the_path_names() && !names(endpoint.route).is_empty() {
        "if a layer looks up the parameters of the path, let the startup probe pass, whose parameters are placeholders: \
         check `sockeye::is_startup_probe(request.extensions())`"
    } else if status == StatusCode::NOT_FOUND {
        "a layer or a fallback answers instead of the endpoint: let handshakes pass it"
    } else if status.is_server_error() {
        "a layer in front of the endpoint fails: fix the error in that layer"
    } else if refusal.leads_back_to(&sample(endpoint.route)) {
        "let handshakes pass the layer that redirects to the same path"
    } else if endpoint.options.guarded {
        "the layer of a `guarded` endpoint must refuse with 401, 403, 407 or a redirect: change its status"
    } else {
        "let handshakes pass the layer that answers with this status"
    }
}

fn replaced(refusal: &Refusal) -> Told {
    let label = format!("the response of the endpoint becomes {refusal}");
    told(
        "a layer replaces its response",
        label,
        "the response to a handshake is 101 Switching Protocols without a body: return it unchanged from every layer",
    )
}

fn elsewhere(name: &str) -> Told {
    let title = format!("endpoint `{name}` answers instead");
    told(
        title,
        "a layer redirects handshakes for this route",
        "remove the layer that changes the path of the request",
    )
}

fn stripped(header: &HeaderName) -> Told {
    told(
        format!("a layer removes the header `{header}`"),
        "the handshake arrives without it",
        format!("keep `{header}` in the layer, or pass handshakes on unchanged"),
    )
}

fn panicked(words: &str) -> Told {
    let label = format!("a layer panics on a handshake: {words}");
    told("a layer panics", label, "fix the layer that panics on a handshake")
}

fn silent() -> Told {
    told(
        "no answer within 5 s",
        "the startup probe was not answered",
        "fix the layer that neither answers the request nor passes it on",
    )
}

fn no_request(why: &str) -> Told {
    told("no request can have its path", why, "percent-encode the characters that a URL cannot contain")
}
