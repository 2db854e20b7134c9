//! Answers in HTTP that are no proper 101.

use super::{
    canned::{answering, finish, polite, read_request, serve},
    probe::{probe, report},
};
use std::io::Write as _;

/// What the probe says about this answer to every handshake.
fn about(answer: &'static str) -> String {
    report(answering(move |_| answer.to_owned()), &[])
}

macro_rules! answers {
    ($($name:ident: $answer:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(about($answer));
        }
    )*};
}

answers! {
    a_page_of_the_site: "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n\
        31\r\n<!doctype html><html><head><title>\n  My  shop\n </t\r\n6\r\nitle><\r\n0\r\n\r\n";
    a_text: "HTTP/1.1 200 OK\r\nServer: Caddy\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n";
    no_content: "HTTP/1.1 204 No Content\r\n\r\n";
    a_redirect_to_tls: "HTTP/1.1 301 Moved Permanently\r\nServer: nginx\r\nLocation: https://127.0.0.1/ws?token=secret\r\nContent-Length: 0\r\n\r\n";
    a_redirect_to_a_login: "HTTP/1.1 302 Found\r\nLocation: /login?next=/ws\r\n\r\n";
    a_redirect_to_a_slash: "HTTP/1.1 308 Permanent Redirect\r\nLocation: /ws/\r\n\r\n";
    a_bad_request: "HTTP/1.1 400 Bad Request\r\nServer: nginx/1.24.0\r\nContent-Type: text/plain\r\n\r\nBad Request\n";
    a_port_of_tls: "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\n\r\n<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>";
    socket_io: "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n{\"code\":0,\"message\":\"Transport unknown\"}";
    credentials_are_missing: "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n\r\n";
    forbidden_by_nginx: "HTTP/1.1 403 Forbidden\r\nServer: nginx/1.24.0\r\nContent-Type: text/html\r\n\r\n<html><head><title>403 Forbidden</title></head></html>";
    forbidden_by_envoy: "HTTP/1.1 403 Forbidden\r\nserver: envoy\r\ncontent-length: 0\r\n\r\n";
    not_found: "HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n";
    another_method: "HTTP/1.1 405 Method Not Allowed\r\nAllow: POST\r\nContent-Length: 0\r\n\r\n";
    upgrade_required: "HTTP/1.1 426 Upgrade Required\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n";
    an_old_version: "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 8\r\nContent-Length: 0\r\n\r\n";
    too_many: "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n";
    a_teapot: "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n";
    the_server_fails: "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\nMissing request extension: Extension of type `User` was not found.";
    a_bad_gateway: "HTTP/1.1 502 Bad Gateway\r\nServer: nginx/1.24.0\r\nContent-Length: 0\r\n\r\n";
    a_bad_gateway_of_a_load_balancer: "HTTP/1.1 502 Bad Gateway\r\nServer: awselb/2.0\r\nContent-Length: 0\r\n\r\n";
    no_target: "HTTP/1.1 503 Service Temporarily Unavailable\r\nServer: awselb/2.0\r\nContent-Length: 0\r\n\r\n";
    a_gateway_timeout: "HTTP/1.1 504 Gateway Time-out\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n";
    cloudflare_cannot_connect: "HTTP/1.1 521 \r\nServer: cloudflare\r\nCF-RAY: 1-FRA\r\nContent-Length: 0\r\n\r\n";
}

#[test]
fn a_101_without_upgrade() {
    let address =
        answering(|request| request.accepted("Server: nginx\r\n").replace("Upgrade: websocket\r\n", ""));
    insta::assert_snapshot!(report(address, &[]));
}

#[test]
fn a_101_with_the_wrong_words() {
    let address = answering(|request| {
        let answer = request.accepted("").replace("Upgrade: websocket", "Upgrade: h2c");
        answer.replace("Connection: Upgrade", "Connection: keep-alive")
    });
    insta::assert_snapshot!(report(address, &[]));
}

#[test]
fn a_101_for_another_key() {
    let address =
        answering(|request| request.accepted("").replace(&request.accept(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    insta::assert_snapshot!(report(address, &[]));
}

#[test]
fn a_101_without_accept() {
    let address = answering(|request| {
        let accept = format!("Sec-WebSocket-Accept: {}\r\n", request.accept());
        request.accepted("").replace(&accept, "").replace("HTTP/1.1", "HTTP/1.0")
    });
    insta::assert_snapshot!(report(address, &[]));
}

#[test]
fn an_extension_that_was_not_asked_for() {
    let address = serve(|mut stream| {
        let request = read_request(&mut stream);
        let _ =
            stream.write_all(request.accepted("Sec-WebSocket-Extensions: permessage-deflate\r\n").as_bytes());
        polite(stream);
    });
    insta::assert_snapshot!(report(address, &["--any-origin"]));
}

/// A server that accepts and chooses this subprotocol.
fn choosing(subprotocol: &'static str) -> std::net::SocketAddr {
    serve(move |mut stream| {
        let request = read_request(&mut stream);
        let chosen = format!("Sec-WebSocket-Protocol: {subprotocol}\r\n");
        let _ =
            stream.write_all(request.accepted(if subprotocol.is_empty() { "" } else { &chosen }).as_bytes());
        polite(stream);
    })
}

#[test]
fn subprotocols() {
    let offers = ["--subprotocol", "v2", "--subprotocol", "v1", "--any-origin"];
    for (chosen, more, said) in [
        ("v1", &offers[..], "  ok    protocol  `v1` was chosen from `v2`, `v1`\n"),
        (
            "V1",
            &offers[..],
            "  fail  protocol  the server chose `V1`, but `v2`, `v1` was offered; clients refuse it\n",
        ),
        (
            "v1",
            &offers[4..],
            "  fail  protocol  the server chose `v1`, although none was offered; clients refuse it\n",
        ),
        (
            "",
            &offers[..],
            "  fail  protocol  `v2`, `v1` offered, none chosen: browsers close such a connection\n",
        ),
    ] {
        let report = report(choosing(chosen), more);
        assert!(report.contains(said), "{report}");
        assert_eq!(report.ends_with("exit status 0"), said.contains("ok "), "{report}");
    }
    let without = report(choosing(""), &["--any-origin"]);
    assert!(!without.contains("protocol  "), "{without}");
    for more in [&["--subprotocol", "bearer.s3cret"][..], &[]] {
        let report = report(choosing("bearer.s3cret"), &[&offers[4..], more].concat());
        assert!(report.contains("`bearer.<hidden>`") && !report.contains("s3cret"), "{report}");
    }
}

#[test]
fn early_hints_come_before_the_answer() {
    let address = serve(|mut stream| {
        let request = read_request(&mut stream);
        let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
        let _ = stream.write_all(format!("{hints}{}", request.accepted("")).as_bytes());
        polite(stream);
    });
    let report = report(address, &["--any-origin"]);
    assert!(report.ends_with("no problem found\nexit status 0"), "{report}");
}

#[test]
fn what_a_hostile_server_says_does_not_reach_the_terminal() {
    let report = about(
        "HTTP/1.1 403 Forbidden\r\nServer: \u{202e}evil\u{9b}31m\r\nsockeye-rule: \u{200b}x\r\nContent-Type: text/plain\r\n\r\n\
         \u{1b}]0;owned\u{7}\u{1b}[2J\n\u{7f}\u{8}ok\r  ok    http      101 fine\n",
    );
    assert!(!report.contains(|c: char| c.is_control() && c != '\n'), "{report:?}");
    insta::assert_snapshot!(report);
}

#[test]
fn what_a_hostile_server_sends_is_bounded() {
    let endless = |first: &'static str| {
        serve(move |mut stream| {
            read_request(&mut stream);
            let _ = stream.write_all(first.as_bytes());
            while stream.write_all(&[b'x'; 8192]).is_ok() {}
            finish(&stream);
        })
    };
    let head = report(endless("HTTP/1.1 200 OK\r\nX: "), &[]);
    assert!(head.contains("the head of the response is longer than 64 KiB"), "{head}");
    let body = report(endless("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"), &[]);
    assert!(body.contains("xxxx .."), "{body}");
    let chunks = report(endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n"), &[]);
    assert!(chunks.contains("xxxx .."), "{chunks}");
    assert!([head, body, chunks].iter().all(|report| report.len() < 4000));
}

#[test]
fn secrets_are_sent_and_never_printed() {
    let address = answering(|request| {
        let path = request.0.lines().next().unwrap_or_default();
        let headers =
            ["authorization", "cookie", "x-key"].map(|name| format!("{name}: {}", request.header(name)));
        let body = format!("{path}\n{}\n", headers.join("\n"));
        format!(
            "HTTP/1.1 403 Forbidden\r\nServer: {path}\r\nLocation: {path}\r\nContent-Type: text/plain\r\n\r\n{body}"
        )
    });
    let url = format!("ws://user:passw0rd@{address}/ws?token=s3cr%65t&bare5ecret");
    let headers = [
        "--header",
        "X-Key: keykey",
        "-H",
        "Cookie: sid=cookie5; lang=xx",
        "-H",
        "Authorization: Bearer bearer5",
    ];
    for format in ["human", "json"] {
        let seen = probe(&[&[url.as_str(), "--format", format], &headers[..]].concat());
        assert_eq!(seen.status, 1);
        for secret in ["passw0rd", "s3cr%65t", "s3cret", "bare5ecret", "keykey", "cookie5", "bearer5"] {
            assert!(!seen.out.contains(secret) && !seen.err.contains(secret), "{secret} in {}", seen.out);
        }
        for sent in ["authorization: [hidden]", "x-key: [hidden]", "?[hidden]"] {
            assert!(seen.out.to_lowercase().contains(sent), "{sent} not in {}", seen.out);
        }
    }
}
