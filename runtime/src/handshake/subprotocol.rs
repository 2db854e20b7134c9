//! Subprotocols: what the client offers and what the endpoint speaks (RFC 6455 section 1.9).

use http::{HeaderMap, StatusCode, header};

use super::request::tokens;
use crate::refusal::Refusal;

/// What the client offers, in its order.
pub(crate) fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    tokens(headers, &header::SEC_WEBSOCKET_PROTOCOL)
}

/// The endpoint's most preferred subprotocol that the client offers.
///
/// A client that offers some, none of which the endpoint speaks, is refused: a browser would fail the connection later
/// and without a reason. A client that offers none, or an endpoint that names none, goes without.
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

fn none_in_common(spoken: &[&str], headers: &HeaderMap) -> Refusal {
    let offer = offered(headers).collect::<Vec<_>>().join(", ");
    let reason = format!(
        "the client offers the subprotocols `{}`, the endpoint speaks `{}`",
        offer.escape_debug(),
        spoken.join(", ")
    );
    let remedy = "add the client's subprotocol to `subprotocols = [..]` in `#[ws_endpoint(..)]`, or have the client offer one of these";
    Refusal::of_client(&sockeye_rules::SUBPROTOCOL_REFUSED, StatusCode::BAD_REQUEST, reason, remedy)
}
