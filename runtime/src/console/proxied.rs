//! Signs that a request comes through a proxy. To the server each client of a proxy on the same machine looks like one on this
//! machine.

use http::{HeaderMap, Version, header, request::Parts};

use crate::hosts::OF_PROXIES;

/// Headers that proxies and tunnels add, beside [`OF_PROXIES`].
const OF_TUNNELS: [&str; 4] = ["cf-connecting-ip", "true-client-ip", "x-client-ip", "x-cluster-client-ip"];
const PREFIXES: [&str; 2] = ["x-forwarded-", "x-envoy-"];

/// What shows that the request comes through a proxy, if anything does.
pub(super) fn sign(parts: &Parts) -> Option<String> {
    of_header(&parts.headers).or_else(|| of_connection(parts))
}

fn of_header(headers: &HeaderMap) -> Option<String> {
    let added = |name: &&str| {
        OF_PROXIES.contains(name)
            || OF_TUNNELS.contains(name)
            || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    let name = headers.keys().map(http::HeaderName::as_str).find(added)?;
    Some(format!("the request has the header `{name}`"))
}

/// A browser keeps its connection open, and says so; other programs rely on the default, which is the same. nginx is configured for
/// WebSockets with `Connection: upgrade` or `close` for every request, and speaks HTTP/1.0 where it is not.
fn of_connection(parts: &Parts) -> Option<String> {
    if parts.version < Version::HTTP_11 {
        return Some("the request is HTTP/1.0, which no browser speaks".to_owned());
    }
    let options = parts
        .headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let is_kept =
        options.map(<[u8]>::trim_ascii).all(|one| one.is_empty() || one.eq_ignore_ascii_case(b"keep-alive"));
    (!is_kept).then(|| "the request has a `Connection` header that no browser sends".to_owned())
}
