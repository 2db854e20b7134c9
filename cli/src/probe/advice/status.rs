//! The most likely meaning of each HTTP status as the response to a handshake, and what to do.

use super::{
    super::{head::Head, target::Target},
    page,
    proxy::{self, Proxy},
};

/// A response that is not a 101, with the request.
pub(in crate::probe) struct Case<'a> {
    pub(in crate::probe) head: &'a Head,
    pub(in crate::probe) body: &'a str,
    pub(in crate::probe) target: &'a Target,
    pub(in crate::probe) origin: Option<&'a str>,
}

/// What to do, the most likely remedy first.
pub(in crate::probe) fn help(case: &Case<'_>) -> Vec<String> {
    if case.head.get("sec-websocket-version").is_some_and(|versions| !versions.contains("13")) {
        return lines(&["the server implements an older version of WebSocket than RFC 6455: update it"]);
    }
    match case.head.status {
        200..=299 => success(case),
        300..=399 => redirect(case),
        400 => bad_request(case),
        401 => unauthorized(),
        403 => forbidden(case),
        404 | 410 => not_found(case),
        405 => method(),
        407 => lines(&[
            "an outgoing proxy of this network asks for credentials: use `wss://`, or run the probe from another network",
        ]),
        408 | 504 => too_late(case.head),
        421 => {
            lines(&["the proxy has no site of this name on this connection: compare host and certificate"])
        }
        426 => upgrade_required(case.head),
        429 => too_many(case.head),
        431 => lines(&["the headers or cookies are too long for the server: send fewer, or raise its limit"]),
        500 => server_error(),
        501 => with_proxy(case.head, "the server that answered does not support upgrades"),
        502 => bad_gateway(case.head),
        503 => unavailable(case.head),
        505 => lines(&[
            "the server that answered does not support HTTP/1.1, which the WebSocket handshake needs: enable it",
        ]),
        520..=530 if Proxy::of(case.head) == Some(Proxy::Cloudflare) => cloudflare(case.head.status),
        status if status < 500 => lines(&["the server refused the request as invalid: check its log"]),
        _ => lines(&["the server failed: check its log"]),
    }
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn with_proxy(head: &Head, text: &str) -> Vec<String> {
    let mut all = vec![text.to_owned()];
    all.extend(proxy::upgrade_help(head));
    all
}

fn success(case: &Case<'_>) -> Vec<String> {
    let first = if page::is_html(case.head, case.body) {
        "the response is a web page: the path belongs to the site (a single-page application answers every path), not to a WebSocket endpoint; compare it with `cargo sockeye routes`"
    } else {
        "the request reached a plain HTTP handler: the path belongs to another handler, a proxy removed the upgrade, or the handler does not return the upgrade (axum: `ws.on_upgrade(..)`)"
    };
    with_proxy(case.head, first)
}

fn redirect(case: &Case<'_>) -> Vec<String> {
    let location = case.head.get("location").unwrap_or_default();
    let mut all =
        vec!["WebSocket clients do not follow redirects: connect to the target of the redirect".to_owned()];
    let lower = location.to_lowercase();
    let path = case.target.url.path();
    if lower.starts_with("https://") && !case.target.secure {
        all.push(format!("the server requires TLS: write `wss://{}{path}`", case.target.host));
    } else if ["login", "signin", "sign-in", "auth", "sso"].iter().any(|word| lower.contains(word)) {
        all.push("it redirects to a login: send credentials, `--header 'Cookie: name=value'` or `--header 'Authorization: Bearer ...'`".to_owned());
    } else if location
        .split('?')
        .next()
        .unwrap_or_default()
        .trim_end_matches('/')
        .ends_with(path.trim_end_matches('/'))
    {
        all.push(
            "only the trailing slash or the host differs: write the address as in the redirect".to_owned(),
        );
    }
    all
}

fn bad_request(case: &Case<'_>) -> Vec<String> {
    let body = case.body.to_lowercase();
    if body.contains("plain http request was sent to https")
        || body.contains("http request to an https server")
    {
        return vec![format!(
            "the port expects TLS: write `wss://{}{}`",
            case.target.host_and_port(),
            case.target.url.path()
        )];
    }
    if body.contains("transport unknown") || case.target.url.path().starts_with("/socket.io") {
        return lines(&[
            "this is Socket.IO, a protocol on top of WebSocket: a plain WebSocket client needs `/socket.io/?EIO=4&transport=websocket`",
        ]);
    }
    with_proxy(
        case.head,
        "the server found the handshake malformed: most often a proxy removed `Upgrade` or `Connection`; otherwise the server needs a subprotocol (`--subprotocol`), a query parameter, or another `Host`",
    )
}

fn unauthorized() -> Vec<String> {
    lines(&[
        "send credentials: `--header 'Authorization: Bearer ...'` or `--header 'Cookie: name=value'`",
        "a browser cannot set `Authorization` on a WebSocket: use a cookie, a short-lived token in the query string, or a token in the first message",
    ])
}

fn forbidden(case: &Case<'_>) -> Vec<String> {
    let mut all = Vec::new();
    match case.origin {
        Some(origin) => {
            all.push(format!(
                "the server may not allow the origin `{origin}`: add it to its allowed origins"
            ));
        }
        None => all.push(
            "the server may require an allowed origin: try `--origin https://app.example.com`".to_owned(),
        ),
    }
    match Proxy::of(case.head) {
        Some(proxy @ Proxy::Envoy) => {
            all.push(format!("Envoy itself answers 403 if upgrades are not enabled: {}", proxy.upgrade()));
        }
        Some(Proxy::Cloudflare | Proxy::CloudFront | Proxy::Alb) => {
            all.push("a firewall rule of the proxy may have answered: check its events".to_owned());
        }
        Some(Proxy::Nginx) => all.push(
            "nginx itself answers 403 for `deny`, `auth_request` or `internal`: check its error log"
                .to_owned(),
        ),
        _ => {}
    }
    all.push("a Python server (Starlette, FastAPI, Django Channels) also answers 403 if no route matches, a dependency fails, or the handler ends before it accepts".to_owned());
    all
}

fn not_found(case: &Case<'_>) -> Vec<String> {
    let mut all = vec![format!(
        "the server has no route `{}`: compare it with the routes of the server; for Sockeye, `cargo sockeye routes` lists them and those that the linker dropped",
        case.target.url.path()
    )];
    if Proxy::of(case.head) == Some(Proxy::Nginx) {
        all.push("in nginx, `proxy_pass http://server/;` with a trailing slash removes the prefix of the `location` from the path".to_owned());
    }
    all.push(
        "some servers answer 404 if the upgrade headers are missing: let the proxy in front pass them on"
            .to_owned(),
    );
    all
}

fn method() -> Vec<String> {
    lines(&[
        "the path exists, but does not allow GET, which opens a WebSocket over HTTP/1.1: allow it",
        "over HTTP/2 the method is CONNECT: in axum, `get(handler)` answers it with 405, and `any(handler)` accepts both; this happens behind a proxy that uses HTTP/2 to the server",
    ])
}

fn too_late(head: &Head) -> Vec<String> {
    let mut all = lines(&[
        "the server behind the proxy did not answer in time: it hangs, or its handler does slow work before it accepts",
    ]);
    if Proxy::of(head) == Some(Proxy::Nginx) {
        all.push("nginx waits for `proxy_read_timeout` (60s), which also closes idle connections: raise it, or send pings more often".to_owned());
    }
    all
}

fn upgrade_required(head: &Head) -> Vec<String> {
    with_proxy(
        head,
        "the server received an incomplete upgrade: a proxy in front removed `Upgrade` or `Connection`, or uses HTTP/1.0",
    )
}

fn too_many(head: &Head) -> Vec<String> {
    let wait =
        head.get("retry-after").map(|after| format!(", as `Retry-After: {after}` says")).unwrap_or_default();
    vec![
        format!("a limit on connections or requests is reached: wait{wait}"),
        "clients should reconnect with exponential backoff and jitter, or all of them come back at once"
            .to_owned(),
    ]
}

fn server_error() -> Vec<String> {
    lines(&[
        "the server failed before it accepted: check its log",
        "in axum, a missing `Extension`, `State` or `ConnectInfo` causes a 500 on the first request; Sockeye reports it at startup",
    ])
}

fn bad_gateway(head: &Head) -> Vec<String> {
    let mut all = lines(&[
        "the proxy could not talk to the server behind it: the server is down, listens on another port, speaks TLS where the proxy does not, or closed the connection during the handshake",
    ]);
    match Proxy::of(head) {
        Some(Proxy::Nginx) => all.push("nginx's error log shows which: `connect() failed` or `upstream prematurely closed`; compare `proxy_pass` with where the server listens".to_owned()),
        Some(proxy @ Proxy::Alb) => all.push(proxy.upgrade().to_owned()),
        Some(Proxy::Caddy) => all.push("Caddy's log shows which: compare the address in `reverse_proxy` with where the server listens".to_owned()),
        _ => {}
    }
    all
}

fn unavailable(head: &Head) -> Vec<String> {
    let mut all = lines(&[
        "no server accepts connections at the moment: it is starting, stopping or overloaded, or its health check fails",
    ]);
    all.extend(head.get("retry-after").map(|after| format!("try again as `Retry-After: {after}` says")));
    match Proxy::of(head) {
        Some(Proxy::Alb) => {
            all.push("an ALB answers 503 if its target group has no registered target".to_owned());
        }
        Some(Proxy::Heroku) => all.push(
            "Heroku answers 503 if the program has crashed or no dyno runs: check `heroku logs`".to_owned(),
        ),
        _ => {}
    }
    all
}

fn cloudflare(status: u16) -> Vec<String> {
    let what = match status {
        521 => {
            "the server behind Cloudflare refuses connections: check that it runs, and that its firewall allows Cloudflare"
        }
        522 | 524 => "the server behind Cloudflare does not answer in time: check its log",
        523 => "Cloudflare cannot reach the server: check its address in DNS",
        525 => {
            "the TLS handshake between Cloudflare and the server fails: check the certificate and the SSL mode"
        }
        526 => {
            "Cloudflare does not trust the certificate of the server: renew it, or use an origin certificate"
        }
        _ => "Cloudflare received an invalid response from the server: check its log",
    };
    lines(&[what])
}
