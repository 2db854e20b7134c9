//! Describes a request that no endpoint has answered.

use std::fmt::Write as _;

use http::StatusCode;
use sockeye_rules::{REFUSED_BY_LAYER, UNKNOWN_ROUTE};

use super::{
    Known,
    nearest::nearest,
    sighting::{Fate, Noted},
};
use crate::{
    endpoint::Registered,
    log::{Words, part},
    refusal::Refusal,
};

/// The response, and its request.
pub(super) struct Answered<'a> {
    pub(super) status: StatusCode,
    /// The path that the client sent.
    pub(super) path: &'a str,
    /// The route of the program that matched it.
    pub(super) route: Option<&'a str>,
    pub(super) location: Option<&'a str>,
    /// Whether axum's own fallback answered.
    pub(super) is_nobodys: bool,
}

/// No endpoint has this path. The report says who answered, unless it was the default fallback.
pub(super) fn unknown_route(known: &Known, answered: &Answered<'_>) -> Refusal {
    let mut reason = no_endpoint_at(answered.path);
    let told = reason.told();
    if !answered.is_nobodys {
        reason = reason.then(format!("; {} answered with ", who(answered.route))).then_all(outcome(answered));
    }
    let near = nearest(answered.path, known.table.endpoints());
    let remedy = if let Some(other) = known.table.in_other_group(answered.path) {
        in_other_group(other)
    } else if let Some(near) = &near {
        near.to_string()
    } else if let Some(route) = answered.route {
        let route = part(route);
        format!(
            "connect to the route of an endpoint; if `{route}` opens WebSockets itself, it refused this handshake"
        )
    } else {
        "connect to the route of an endpoint; run the server with `SOCKEYE_CHECK=1` to list them".to_owned()
    };
    let help = near.map_or_else(|| "connect to the path of an endpoint".to_owned(), |near| near.to_string());
    Refusal::of_client(&UNKNOWN_ROUTE, answered.status, reason, remedy)
        .telling(format!("{told}\nhelp: {help}"))
}

fn in_other_group(other: &Registered) -> String {
    let Registered { name, group, .. } = other;
    if group.is_empty() {
        format!(
            "endpoint `{name}` has this route, but has no group, and this server serves groups only: connect to the server of the endpoints without a group"
        )
    } else {
        format!(
            "endpoint `{name}` has this route, but is in the group {group:?}, which this server does not serve: connect to the server of that group"
        )
    }
}

/// Something in front of the endpoint answered instead.
pub(super) fn refused_by_layer(known: &Known, answered: &Answered<'_>, noted: &Noted) -> Refusal {
    let layer = match noted.endpoint {
        Some(endpoint) if noted.has_entered_group => {
            format!("a layer of {} in front of the endpoint", group(endpoint.group))
        }
        Some(_) => "a layer in front of the endpoint".to_owned(),
        None => "a layer in front".to_owned(),
    };
    let mut reason = Words::own(format!("{layer} answered with ")).then_all(outcome(answered));
    if noted.fate != Fate::Elsewhere {
        reason = reason.then(" before the handler had decided");
    }
    let mut remedy = advice(answered.status, noted.fate).to_owned();
    if noted.endpoint.is_none() {
        reason = reason.then("; ").then_all(no_endpoint_at(answered.path));
        if let Some(near) = nearest(answered.path, known.table.endpoints()) {
            let _ = write!(remedy, "; {near}");
        }
    }
    Refusal::of_client(&REFUSED_BY_LAYER, answered.status, reason, remedy)
}

fn group(name: &str) -> String {
    if name.is_empty() { "the endpoints without a group".to_owned() } else { format!("the group {name:?}") }
}

fn advice(status: StatusCode, fate: Fate) -> &'static str {
    if fate != Fate::Elsewhere {
        "call `accept` before slow work, or raise the timeout of the layer"
    } else if status.is_redirection() {
        "WebSocket clients do not follow redirects: connect to the target of the redirect, or let handshakes pass the layer"
    } else if matches!(status.as_u16(), 401 | 403 | 407) {
        "have the client send the credentials that the layer asks for, or let handshakes pass the layer"
    } else if status == StatusCode::TOO_MANY_REQUESTS {
        "raise the limit of the layer, or have the clients connect less often"
    } else if status.is_server_error() {
        "fix the error in the layer"
    } else {
        "let handshakes pass the layer that answers with this status"
    }
}

fn who(route: Option<&str>) -> String {
    match route {
        Some(route) => format!("the program's route `{}`", part(route)),
        None => "the program's fallback".to_owned(),
    }
}

/// The status, and the target of a redirect, without the query, which may contain secrets.
fn outcome(answered: &Answered<'_>) -> Words {
    let location = answered.location.filter(|_| answered.status.is_redirection());
    match location.and_then(|to| to.split(['?', '#']).next()) {
        Some(to) => Words::own(format!("{} (to `", answered.status)).then_foreign(to).then("`)"),
        None => Words::own(answered.status.to_string()),
    }
}

fn no_endpoint_at(path: &str) -> Words {
    Words::own("no endpoint has the path `").then_foreign(path).then("`")
}
