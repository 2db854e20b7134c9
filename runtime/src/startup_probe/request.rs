//! The requests of the startup probe, as clients would send them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{body::Body, extract::ConnectInfo};
use http::{HeaderName, HeaderValue, Method, Request, header, request::Builder};

use super::marker::Marker;
use crate::{hosts::Hosts, mounted::Mounted, route::sample};

/// The peer of the requests, in place of the one that the listener provides.
pub(super) const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The handshake of RFC 6455 section 4.1, as a browser on a page of an allowed origin sends it.
pub(super) fn handshake(mounted: &Mounted, marker: &Marker) -> http::Result<Request<Body>> {
    let mut builder = to(mounted.registered.route, &mounted.settings.hosts, marker);
    for (name, value) in HANDSHAKE {
        builder = builder.header(name, value);
    }
    builder.header(header::ORIGIN, origin(mounted)).body(Body::empty())
}

/// The headers without which a request is no handshake.
pub(super) const HANDSHAKE: [(HeaderName, &str); 4] = [
    (header::UPGRADE, "websocket"),
    (header::CONNECTION, "Upgrade"),
    (header::SEC_WEBSOCKET_VERSION, "13"),
    (header::SEC_WEBSOCKET_KEY, "c29ja2V5ZSBwcmVmbGlnaA=="),
];

/// A request with a method that handlers of `get`, `post` and so on do not serve: it passes the layers of the route, and
/// is answered with 405 behind them.
pub(super) fn without_handler(route: &str, hosts: &Hosts, marker: &Marker) -> http::Result<Request<Body>> {
    to(route, hosts, marker).method(Method::from_bytes(b"SOCKEYE-PROBE")?).body(Body::empty())
}

fn to(route: &str, hosts: &Hosts, marker: &Marker) -> Builder {
    let mut builder = Request::builder()
        .uri(sample(route))
        .header(header::HOST, hosts.asked_for())
        .header(header::USER_AGENT, concat!("sockeye-startup-probe/", env!("CARGO_PKG_VERSION")))
        .extension(ConnectInfo(PEER))
        .extension(marker.clone());
    if let Some(public) = hosts.public() {
        // Proxies pass the original host and scheme in these headers.
        builder = builder.header("x-forwarded-proto", &public.scheme);
        builder = builder.header("x-forwarded-host", public.authority());
    }
    builder
}

fn origin(mounted: &Mounted) -> HeaderValue {
    let listed = mounted.settings.origins.example();
    let own = || mounted.settings.hosts.public().cloned();
    let origin = listed.or_else(own).and_then(|origin| HeaderValue::try_from(origin.to_string()).ok());
    let local = if mounted.settings.tls { "https://localhost" } else { "http://localhost" };
    origin.unwrap_or_else(|| HeaderValue::from_static(local))
}
