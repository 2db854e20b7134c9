//! Subprotocols: those that the client offers and those that the endpoint supports (RFC 6455 section 1.9).

use std::sync::atomic::Ordering;

use http::{HeaderMap, StatusCode, header};
use sockeye_rules::render::count;

use super::{Incoming, peer, request::tokens, token};
use crate::{
    log::{self, Words},
    refusal::Refusal,
};

/// The subprotocols that the client offers, in its order of preference.
pub(crate) fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    tokens(headers, &header::SEC_WEBSOCKET_PROTOCOL)
}

/// The endpoint's most preferred subprotocol that the client offers.
///
/// A client that offers some, none of which the endpoint supports, is refused: a browser would fail the connection
/// later and without a reason. A client that offers none connects without one; if the endpoint names none, the handler
/// can choose.
pub(crate) fn negotiate(
    spoken: &[&'static str],
    headers: &HeaderMap,
) -> Result<Option<&'static str>, Refusal> {
    if spoken.is_empty() || offered(headers).next().is_none() {
        return Ok(None);
    }
    let chosen = spoken.iter().copied().find(|one| offered(headers).any(|other| other == *one));
    chosen.map(Some).ok_or_else(|| none_in_common(spoken, headers))
}

/// Handles an offer that no one has answered: the endpoint names no subprotocol, and its handler has chosen none.
///
/// RFC 6455 lets a server continue without one. Browsers must then fail the connection (WebSockets standard, section 2.2),
/// after a 101 and without a reason, so they are refused with an explanation. Other clients either fail or continue: those
/// are accepted, and the log says once what is missing.
pub(super) fn unanswered(incoming: &Incoming) -> Option<Refusal> {
    let headers = &incoming.parts.headers;
    let offers = offered(headers).count();
    if offers == 0 {
        return None;
    }
    let reason = Words::own(format!(
        "the client offers {}, but neither the endpoint nor its handler chooses one",
        count(offers, "subprotocol")
    ));
    let remedy = "list it with `subprotocols = [..]` in `#[ws_endpoint(..)]`, choose one with `handshake.accept().subprotocol(name)`, \
                  or have the client offer none";
    if !headers.contains_key(header::ORIGIN) {
        let endpoint = &incoming.endpoint;
        // A duplicate from a race is harmless.
        if !endpoint.has_told_of_offer.swap(true, Ordering::Relaxed) {
            log::Unanswered {
                endpoint: endpoint.registered.name,
                reason: &reason.told(),
                remedy,
                peer: peer(&incoming.parts),
            }
            .emit();
        }
        return None;
    }
    let told = format!(
        "the client offers {} `{}`, but the endpoint chooses none, and a browser would drop the connection",
        nouns(offers),
        log::part(&offered(headers).collect::<Vec<_>>().join(", "))
    );
    let refusal =
        Refusal::of_client(&sockeye_rules::SUBPROTOCOL_REFUSED, StatusCode::BAD_REQUEST, reason, remedy);
    Some(refusal.telling(format!("{told}\nhelp: {remedy}")))
}

/// Handles a client that offers none, where the subprotocol chooses the format of the messages.
pub(super) fn needed(spoken: &[&str]) -> Refusal {
    let reason = Words::own(format!(
        "the client offers no subprotocol, and the endpoint reads and writes messages by it: `{}`",
        spoken.join(", ")
    ));
    let remedy = "have the client offer a subprotocol that the endpoint supports, or set `SubprotocolFormats::WITHOUT`";
    Refusal::of_client(&sockeye_rules::SUBPROTOCOL_REFUSED, StatusCode::BAD_REQUEST, reason, remedy)
}

/// `the subprotocol`, `the subprotocols`: precedes the names.
fn nouns(offers: usize) -> &'static str {
    if offers == 1 { "the subprotocol" } else { "the subprotocols" }
}

fn none_in_common(spoken: &[&str], headers: &HeaderMap) -> Refusal {
    let spoken = spoken.join(", ");
    let offer = offered(headers).collect::<Vec<_>>().join(", ");
    let offers = offered(headers).count();
    let told = format!(
        "the client offers {} `{}`, but the endpoint supports only `{spoken}`",
        nouns(offers),
        log::part(&offer)
    );
    // Scripts in a browser cannot set headers, and send tokens as subprotocols: so only the client gets the names.
    let reason = Words::own(format!(
        "the client offers {}, but the endpoint supports only `{spoken}`",
        count(offers, "subprotocol")
    ));
    let remedy = if offered(headers).all(token::is_offered_as) {
        "have the client offer a subprotocol that the endpoint supports beside `bearer.<token>`, which is a token and no subprotocol"
    } else {
        "have the client offer a subprotocol that the endpoint supports, or add the client's to `subprotocols = [..]` in `#[ws_endpoint(..)]`"
    };
    Refusal::of_client(&sockeye_rules::SUBPROTOCOL_REFUSED, StatusCode::BAD_REQUEST, reason, remedy)
        .telling(format!("{told}\nhelp: {remedy}"))
}
