//! DNS rebinding: a page of another site whose name now resolves to this machine.
//!
//! Such a page requests its own name, so `Host` and `Origin` agree, and the page looks like the server's own. Its connection gives it
//! away: it comes over the loopback interface, directly to the port that the server listens on, without TLS, and without the headers
//! that a proxy adds. A script cannot fake any of these. A proxy on the same machine looks similar, but the port or the scheme
//! differs.

use http::{HeaderMap, header, request::Parts, uri::Authority};
use sockeye_rules::origin;

use super::Name;
use crate::{
    Origins,
    handshake::is_over_loopback,
    origin::serves,
    transport::{default_port, is_direct, is_over_tls},
};

/// Headers that a proxy adds and a browser does not.
pub(crate) const OF_PROXIES: [&str; 6] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/// Whether a request for this name can come from a page of another site, although its origin matches the host.
///
/// A name with a single label cannot be registered on the internet.
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
        && is_over_loopback(parts)
        && !is_over_tls(&parts.extensions)
        && is_direct(parts)
        && is_at(host, port, default_port(&parts.extensions))
}

/// Whether the page was served over plain HTTP by the host that it requests. Any other page is refused because of its origin, or
/// comes through TLS, and another site has no certificate that is valid for its name here.
fn is_own_page(host: &str, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let origin = origin.and_then(|origin| origin::parse(origin).ok());
    origin.is_some_and(|origin| origin.scheme == "http" && serves(host, &origin))
}

/// Whether the browser requested the port that the server listens on. If that is not known, any explicit port may be it.
pub(super) fn is_at(host: &str, port: Option<u16>, default: u16) -> bool {
    let asked = host.parse::<Authority>().ok().and_then(|authority| authority.port_u16());
    match port {
        Some(port) => asked.unwrap_or(default) == port,
        None => asked.is_some(),
    }
}
