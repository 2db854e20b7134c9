//! Subprotocols: what the client offers and what the endpoint speaks (RFC 6455 section 1.9).

use http::{HeaderMap, StatusCode, header};

use super::request::tokens;
use crate::{refusal::Refusal, report::count};

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
    let spoken = spoken.join(", ");
    let offer = offered(headers).collect::<Vec<_>>().join(", ");
    let told = format!(
        "the client offers the subprotocols `{}`, the endpoint speaks `{spoken}`",
        offer.escape_debug()
    );
    // Scripts in a browser can set no header, and send tokens as subprotocols: only the client itself is told which.
    let reason = format!(
        "none of the {} that the client offers is among those that the endpoint speaks, `{spoken}`",
        count(offered(headers).count(), "subprotocol")
    );
    let remedy = "add the client's subprotocol to `subprotocols = [..]` in `#[ws_endpoint(..)]`, or have the client offer one of these";
    Refusal::of_client(&sockeye_rules::SUBPROTOCOL_REFUSED, StatusCode::BAD_REQUEST, reason, remedy)
        .telling(format!("{told}\nhelp: {remedy}"))
}
