//! Whether a 101 has the headers that every client requires (RFC 6455 section 4.1).

use super::super::{advice::proxy, answer::Answer, finding::Finding, head::Head, request::accept_of};

const NAME: &str = "headers";

/// Whether a client accepts the response, and one finding for each fault, or one that there is none.
pub(in crate::probe) fn check(answer: &Answer) -> (bool, Vec<Finding>) {
    let head = &answer.head;
    let fatal: Vec<_> =
        [version(head), upgrade(head), accept(head, &answer.key)].into_iter().flatten().collect();
    let taken = fatal.is_empty();
    let faults: Vec<_> = fatal.into_iter().chain(extensions(head)).collect();
    if faults.is_empty() {
        let words = "`Upgrade`, `Connection` and `Sec-WebSocket-Accept` are correct";
        return (true, vec![Finding::ok(NAME, words)]);
    }
    (taken, faults)
}

fn version(head: &Head) -> Option<Finding> {
    (head.version == 0).then(|| {
        Finding::fail(NAME, "the response is HTTP/1.0, which cannot be upgraded; clients refuse it")
            .help("a proxy uses HTTP/1.0: nginx does so by default, and needs `proxy_http_version 1.1;`")
    })
}

/// The headers that mark the connection as a WebSocket from here on.
fn upgrade(head: &Head) -> Option<Finding> {
    let is_websocket = |value: &str| value.eq_ignore_ascii_case("websocket");
    let upgrade = head.get("upgrade").is_none_or(|value| !is_websocket(value));
    let upgrade = upgrade.then(|| instead(head, "Upgrade", "websocket"));
    let connection =
        (!head.has_token("connection", "upgrade")).then(|| instead(head, "Connection", "Upgrade"));
    let faults: Vec<String> = upgrade.into_iter().chain(connection).collect();
    (!faults.is_empty()).then(|| {
        Finding::fail(NAME, format!("the response {}; clients refuse it", faults.join(" and ")))
            .help("a proxy removed it from the response, or the server does not send it")
            .helps(proxy::upgrade_help(head))
    })
}

fn instead(head: &Head, name: &str, wanted: &str) -> String {
    match head.get(name) {
        Some(value) => format!("has `{name}: {value}` instead of `{wanted}`"),
        None => format!("lacks `{name}: {wanted}`"),
    }
}

fn accept(head: &Head, key: &str) -> Option<Finding> {
    let right = accept_of(key);
    let given: Vec<_> = head.all("sec-websocket-accept").collect();
    let (what, help) = match given.as_slice() {
        [] => (
            "`Sec-WebSocket-Accept` is missing",
            "the server upgraded to a protocol other than WebSocket, or a proxy removed the header",
        ),
        [one] if *one == right => return None,
        [_] => (
            "`Sec-WebSocket-Accept` does not match the key of the request",
            "it belongs to another key: a cache or proxy answered for the server, or the server does not follow RFC 6455 section 4.2.2",
        ),
        _ => (
            "`Sec-WebSocket-Accept` appears more than once",
            "the server and the proxy both send it: remove it from one of them",
        ),
    };
    Some(Finding::fail(NAME, format!("{what}; clients refuse the response")).help(help))
}

fn extensions(head: &Head) -> Option<Finding> {
    let given = head.get("sec-websocket-extensions").filter(|value| !value.is_empty())?;
    Some(
        Finding::fail(NAME, format!("the server uses the extension `{given}`, which was not offered; clients refuse it"))
            .help("use only extensions that the client offers (RFC 6455 section 9.1): some servers enable compression for every client"),
    )
}
