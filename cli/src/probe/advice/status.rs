//! What each HTTP status most likely means as the answer to a handshake, and what to do.

use super::{
    super::{answer::Head, target::Target},
    page,
    proxy::{self, Proxy},
};

/// An answer that is no 101, with what was asked.
pub(in crate::probe) struct Case<'a> {
    pub(in crate::probe) head: &'a Head,
    pub(in crate::probe) body: &'a str,
    pub(in crate::probe) target: &'a Target,
    pub(in crate::probe) origin: Option<&'a str>,
}

/// What to do, the likeliest first.
pub(in crate::probe) fn help(case: &Case<'_>) -> Vec<String> {
    if case.head.get("sec-websocket-version").is_some_and(|versions| !versions.contains("13")) {
        return lines(&[
            "the server speaks an older version of WebSocket than RFC 6455: it has to be replaced",
        ]);
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
            "a proxy on the way out of this network asks for credentials: use wss, or probe from elsewhere",
        ]),
        408 | 504 => too_late(case.head),
        421 => {
            lines(&["the proxy has no site of this name for the connection: compare host and certificate"])
        }
        426 => upgrade_required(case.head),
        429 => too_many(case.head),
        431 => lines(&["headers or cookies are too long for the server: send fewer, or raise its limit"]),
        500 => server_error(),
        501 => with_proxy(case.head, "whoever answers does not know how to upgrade a connection"),
        502 => bad_gateway(case.head),
        503 => unavailable(case.head),
        505 => lines(&["whoever answers speaks no HTTP/1.1, over which a WebSocket is opened"]),
        520..=530 if Proxy::of(case.head) == Some(Proxy::Cloudflare) => cloudflare(case.head.status),
        status if status < 500 => {
            lines(&["the server takes the request for the client's mistake: its log should say why"])
        }
        _ => lines(&["the server failed: its log should say why"]),
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
        "a web page answered: the path belongs to the site (a single-page application answers every path), not to the WebSocket endpoint; compare it with `cargo sockeye routes`"
    } else {
        "the request reached a handler that answers plain HTTP: the path is another one's, the upgrade was lost on the way, or the handler forgot to return the upgrade (axum: `ws.on_upgrade(..)`)"
    };
    with_proxy(case.head, first)
}

fn redirect(case: &Case<'_>) -> Vec<String> {
    let location = case.head.get("location").unwrap_or_default();
    let mut all =
        vec!["WebSocket clients do not follow redirects: connect to the address that it leads to".to_owned()];
    let lower = location.to_lowercase();
    let path = case.target.url.path();
    if lower.starts_with("https://") && !case.target.secure {
        all.push(format!("the server wants TLS: write `wss://{}{path}`", case.target.host));
    } else if ["login", "signin", "sign-in", "auth", "sso"].iter().any(|word| lower.contains(word)) {
        all.push("it leads to a login: send the credentials, `--header 'Cookie: name=value'` or `--header 'Authorization: Bearer ...'`".to_owned());
    } else if location
        .split('?')
        .next()
        .unwrap_or_default()
        .trim_end_matches('/')
        .ends_with(path.trim_end_matches('/'))
    {
        all.push(
            "only a slash at the end, or the host, differs: write the address as the server has it"
                .to_owned(),
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
            "the port speaks TLS: write `wss://{}{}`",
            case.target.host_and_port(),
            case.target.url.path()
        )];
    }
    if body.contains("transport unknown") || case.target.url.path().starts_with("/socket.io") {
        return lines(&[
            "this is Socket.IO, a protocol on top: a plain WebSocket client needs `/socket.io/?EIO=4&transport=websocket`",
        ]);
    }
    with_proxy(
        case.head,
        "the server finds the handshake malformed: most often a proxy took `Upgrade` or `Connection` out of it; else it asks for a subprotocol (`--subprotocol`), a parameter of the query, or another `Host`",
    )
}

fn unauthorized() -> Vec<String> {
    lines(&[
        "send credentials: `--header 'Authorization: Bearer ...'` or `--header 'Cookie: name=value'`",
        "a page in a browser cannot set `Authorization` on a WebSocket: it needs a cookie, a short-lived token in the query, or a token in the first message",
    ])
}

fn forbidden(case: &Case<'_>) -> Vec<String> {
    let mut all = Vec::new();
    match case.origin {
        Some(origin) => all.push(format!(
            "the server may not know the origin `{origin}`: add it to its list of allowed origins"
        )),
        None => all.push(
            "the server may ask for the origin of a page it knows: try `--origin https://app.example.com`"
                .to_owned(),
        ),
    }
    match Proxy::of(case.head) {
        Some(proxy @ Proxy::Envoy) => {
            all.push(format!("Envoy itself answers 403 when it may not upgrade: {}", proxy.upgrade()));
        }
        Some(Proxy::Cloudflare | Proxy::CloudFront | Proxy::Alb) => {
            all.push("a firewall rule of the proxy may have answered: look into its events".to_owned());
        }
        Some(Proxy::Nginx) => all.push(
            "nginx answers 403 itself for `deny`, `auth_request` or `internal`: look into its error log"
                .to_owned(),
        ),
        _ => {}
    }
    all.push("a server in Python (Starlette, FastAPI, Django Channels) answers 403 also when no route matches, a dependency fails, or the handler ends before it accepts".to_owned());
    all
}

fn not_found(case: &Case<'_>) -> Vec<String> {
    let mut all = vec![format!(
        "no route is `{}`: compare it with the routes of the server; for Sockeye, `cargo sockeye routes` lists them and says which the linker dropped",
        case.target.url.path()
    )];
    if Proxy::of(case.head) == Some(Proxy::Nginx) {
        all.push("in nginx, `proxy_pass http://server/;` with a slash at its end takes the prefix of the `location` off the path".to_owned());
    }
    all.push(
        "some servers answer 404 when the upgrade was lost on the way: a proxy in front has to pass it on"
            .to_owned(),
    );
    all
}

fn method() -> Vec<String> {
    lines(&[
        "the path exists, but not for GET, with which a WebSocket is opened over HTTP/1.1",
        "over HTTP/2 it is CONNECT: in axum, `get(handler)` answers 405 to it and `any(handler)` takes both; a proxy that speaks HTTP/2 to the server runs into this",
    ])
}

fn too_late(head: &Head) -> Vec<String> {
    let mut all = lines(&[
        "the server behind the proxy did not answer in time: it hangs, or its handler does long work before it accepts",
    ]);
    if Proxy::of(head) == Some(Proxy::Nginx) {
        all.push("nginx waits `proxy_read_timeout` (60s), which also ends idle connections: raise it, or send a ping more often".to_owned());
    }
    all
}

fn upgrade_required(head: &Head) -> Vec<String> {
    with_proxy(
        head,
        "the server got no complete upgrade: a proxy in front took `Upgrade` or `Connection` out of the request, or speaks HTTP/1.0 to it",
    )
}

fn too_many(head: &Head) -> Vec<String> {
    let wait =
        head.get("retry-after").map(|after| format!(", as `Retry-After: {after}` says")).unwrap_or_default();
    vec![
        format!("a limit on connections or requests refused it: wait{wait}"),
        "a client that connects again must wait longer each time, with a random part, or all of them come back at once".to_owned(),
    ]
}

fn server_error() -> Vec<String> {
    lines(&[
        "the server failed before it accepted: its log should say why",
        "in axum, a missing `Extension`, `State` or `ConnectInfo` is a 500 on the first request; Sockeye finds those before it listens",
    ])
}

fn bad_gateway(head: &Head) -> Vec<String> {
    let mut all = lines(&[
        "the proxy could not talk to the server behind it: the server is down, listens on another port, speaks TLS where the proxy does not, or broke off in the handshake",
    ]);
    match Proxy::of(head) {
        Some(Proxy::Nginx) => all.push("nginx's error log says which: `connect() failed` or `upstream prematurely closed`; compare `proxy_pass` with where the server listens".to_owned()),
        Some(proxy @ Proxy::Alb) => all.push(proxy.upgrade().to_owned()),
        Some(Proxy::Caddy) => all.push("Caddy's log says which: compare the address in `reverse_proxy` with where the server listens".to_owned()),
        _ => {}
    }
    all
}

fn unavailable(head: &Head) -> Vec<String> {
    let mut all = lines(&[
        "no server takes the connection now: it is starting or stopping, overloaded, or its health check fails",
    ]);
    all.extend(head.get("retry-after").map(|after| format!("try again as `Retry-After: {after}` says")));
    match Proxy::of(head) {
        Some(Proxy::Alb) => {
            all.push("an ALB answers 503 when its target group has no registered target".to_owned());
        }
        Some(Proxy::Heroku) => all.push(
            "Heroku answers 503 when the program has crashed or no dyno runs: `heroku logs`".to_owned(),
        ),
        _ => {}
    }
    all
}

fn cloudflare(status: u16) -> Vec<String> {
    let what = match status {
        521 => {
            "the server behind Cloudflare refuses connections: is it running, and does its firewall let Cloudflare in?"
        }
        522 | 524 => "the server behind Cloudflare does not answer in time",
        523 => "Cloudflare has no way to the server: look at the address in its DNS",
        525 => "the TLS handshake between Cloudflare and the server fails",
        526 => "Cloudflare does not trust the server's certificate",
        _ => "Cloudflare got an answer from the server that it does not understand",
    };
    lines(&[what])
}
