//! DNS rebinding: a page of another site whose name has come to lead to this machine.
//!
//! Such a page asks for its own name, so `Host` and `Origin` agree, and the page is taken for the server's own. What gives it away is
//! how its browser comes: over the loopback interface, straight to the port that the server listens on, without TLS, and without the
//! headers that a proxy adds. A script cannot set any of them. Behind a proxy on the same machine, which looks alike, the port or the
//! scheme is another.

use http::{HeaderMap, header, request::Parts, uri::Authority};
use sockeye_rules::origin;

use super::Name;
use crate::{Origins, handshake::peer, origin::serves};

/// What a proxy adds and a browser does not.
const OF_PROXIES: [&str; 6] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/// Whether a request for this name can be that of a page of another site, though its origin says that it is the server's own.
///
/// A name of one label is none that anybody on the internet could have.
pub(super) fn is_possible(
    name: &Name,
    host: &str,
    parts: &Parts,
    origins: &Origins,
    port: Option<u16>,
) -> bool {
    origins.is_same()
        && name.0.contains('.')
        && is_own_page(host, &parts.headers)
        && peer(parts).is_some_and(|peer| peer.ip().to_canonical().is_loopback())
        && !OF_PROXIES.iter().any(|name| parts.headers.contains_key(*name))
        && is_direct(host, port)
}

/// Whether the page was served over plain HTTP by the host that it asks for; any other is refused for its origin, or comes through
/// TLS, which Sockeye does not speak itself.
fn is_own_page(host: &str, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let origin = origin.and_then(|origin| origin::parse(origin).ok());
    origin.is_some_and(|origin| origin.scheme == "http" && serves(host, &origin))
}

/// Whether the browser asked for the very port that is listened on. Where that is not known, any that is written out may be it.
fn is_direct(host: &str, port: Option<u16>) -> bool {
    let asked = host.parse::<Authority>().ok().and_then(|authority| authority.port_u16());
    match port {
        Some(port) => asked.unwrap_or(80) == port,
        None => asked.is_some(),
    }
}
