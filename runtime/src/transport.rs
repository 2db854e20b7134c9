//! What is known about the way that a request has come.

use http::{Extensions, request::Parts};

use crate::hosts::OF_PROXIES;

/// In the extensions of a request over TLS that Sockeye itself has decrypted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverTls;

pub(crate) fn is_over_tls(extensions: &Extensions) -> bool {
    extensions.get::<OverTls>().is_some()
}

/// Whether no proxy has passed the request on: it has none of the headers that proxies add.
pub(crate) fn is_direct(parts: &Parts) -> bool {
    !OF_PROXIES.iter().any(|name| parts.headers.contains_key(*name))
}

/// The scheme of the URLs at which clients reach Sockeye without a proxy.
pub(crate) fn scheme(extensions: &Extensions) -> &'static str {
    if is_over_tls(extensions) { "https" } else { "http" }
}

/// The port of a URL with that scheme and without a port (RFC 9110 section 4.2).
pub(crate) fn default_port(extensions: &Extensions) -> u16 {
    if is_over_tls(extensions) { 443 } else { 80 }
}
