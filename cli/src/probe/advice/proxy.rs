//! Proxies, recognized by their responses, and the configuration with which each forwards a WebSocket.

use super::super::head::Head;

/// The configuration for nginx, in the location of the endpoint. `$host` would lose the port, and with it the origin.
pub(in crate::probe) const NGINX: &str = "nginx needs, in the `location` of this path:\n\
     proxy_http_version 1.1;\n\
     proxy_set_header Upgrade $http_upgrade;\n\
     proxy_set_header Connection \"upgrade\";\n\
     proxy_set_header Host $http_host;";

/// A program in front of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::probe) enum Proxy {
    Nginx,
    Caddy,
    Alb,
    Cloudflare,
    CloudFront,
    Envoy,
    Apache,
    Iis,
    Heroku,
}

/// Header, part of its value in lower case, and the program that writes it. The first match counts: Cloudflare in front
/// of nginx writes `cloudflare`.
const MARKS: [(&str, &str, Proxy); 12] = [
    ("server", "cloudflare", Proxy::Cloudflare),
    ("cf-ray", "", Proxy::Cloudflare),
    ("server", "cloudfront", Proxy::CloudFront),
    ("via", "cloudfront", Proxy::CloudFront),
    ("server", "awselb", Proxy::Alb),
    ("server", "envoy", Proxy::Envoy),
    ("server", "nginx", Proxy::Nginx),
    ("server", "openresty", Proxy::Nginx),
    ("server", "caddy", Proxy::Caddy),
    ("via", "caddy", Proxy::Caddy),
    ("server", "microsoft-iis", Proxy::Iis),
    ("server", "apache", Proxy::Apache),
];

impl Proxy {
    pub(in crate::probe) fn of(head: &Head) -> Option<Self> {
        let marked = |name: &str, part: &str| head.all(name).any(|value| value.to_lowercase().contains(part));
        let mark = MARKS.iter().find(|(name, part, _)| marked(name, part)).map(|(_, _, proxy)| *proxy);
        // Heroku's router identifies itself by the name of its source.
        mark.or_else(|| marked("via", "vegur").then_some(Self::Heroku))
    }

    /// The configuration with which it forwards the upgrade.
    pub(in crate::probe) const fn upgrade(self) -> &'static str {
        match self {
            Self::Nginx => NGINX,
            Self::Caddy => {
                "Caddy's `reverse_proxy` passes the upgrade on by default: check for a `handle`, `respond` or `header_up` that matches this path first"
            }
            Self::Alb => {
                "an ALB passes the upgrade on only if the protocol version of the target group is HTTP1, not HTTP2 or gRPC"
            }
            Self::Cloudflare => {
                "Cloudflare passes the upgrade on if Network > WebSockets is enabled for the zone"
            }
            Self::CloudFront => {
                "CloudFront passes the upgrade on with an origin request policy that forwards the `Sec-WebSocket-*` headers, such as `AllViewer`"
            }
            Self::Envoy => {
                "Envoy needs, in its HTTP connection manager or the route: `upgrade_configs: [{ upgrade_type: websocket }]`"
            }
            Self::Apache => {
                "Apache needs `mod_proxy_http` and, since 2.4.47: `ProxyPass \"/ws\" \"http://127.0.0.1:3000/ws\" upgrade=websocket`"
            }
            Self::Iis => {
                "IIS needs the Windows feature `WebSocket Protocol`, and for a proxy Application Request Routing 3"
            }
            Self::Heroku => {
                "Heroku's router passes the upgrade on by default: the response is the program's own"
            }
        }
    }
}

/// The configuration with which the proxy in front forwards the upgrade; if it is unknown, those of the common ones.
pub(in crate::probe) fn upgrade_help(head: &Head) -> Vec<String> {
    match Proxy::of(head) {
        Some(proxy) => vec![proxy.upgrade().to_owned()],
        None => vec![
            format!("if a proxy is in front, {NGINX}"),
            "Caddy's `reverse_proxy` and an AWS ALB (target group with HTTP1) pass the upgrade on by default"
                .to_owned(),
        ],
    }
}
