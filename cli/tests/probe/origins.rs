//! Who may connect.

use std::{io::Write as _, net::SocketAddr};

use super::{
    canned::{Request, close, finish, polite, read_request, serve},
    probe::report,
};

/// A server that asks this about the origin, which is empty when there is none; else it answers with the status.
fn judging(allow: fn(&str) -> bool, status: &'static str) -> SocketAddr {
    serve(move |mut stream| {
        let request: Request = read_request(&mut stream);
        // The port differs from run to run.
        let origin = request.header("origin").replace(request.header("host"), "OWN");
        if allow(&origin) {
            let _ = stream.write_all(request.accepted("").as_bytes());
            return polite(stream);
        }
        let _ = stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes());
        finish(&stream);
    })
}

/// The lines about origins.
fn lines(report: &str) -> String {
    let lines: Vec<&str> = report.lines().filter(|line| line.contains("  origin    ")).collect();
    lines.join("\n")
}

#[test]
fn any_page_may_connect() {
    let server = judging(|_| true, "");
    insta::assert_snapshot!(report(server, &[]));
    let meant = report(server, &["--any-origin"]);
    assert!(meant.contains("  ok    origin    any web page may connect"), "{meant}");
    assert!(meant.ends_with("exit status 0"), "{meant}");
}

#[test]
fn only_its_own_pages() {
    let report = report(judging(|origin| matches!(origin, "" | "http://OWN"), "403 Forbidden"), &[]);
    assert_eq!(
        lines(&report),
        "  ok    origin    pages of `http://127.0.0.1:PORT` may connect, one of `https://evil.example` may not (403)"
    );
    assert!(report.ends_with("exit status 0"), "{report}");
}

#[test]
fn only_a_page_of_another_origin() {
    let server = judging(|origin| origin == "https://app.example.com", "403 Forbidden");
    let with = report(server, &["--origin", "https://app.example.com"]);
    assert_eq!(
        lines(&with),
        "  ok    origin    pages of `https://app.example.com` may connect, one of `https://evil.example` may not (403)"
    );
    assert!(with.ends_with("exit status 0"), "{with}");
    let without = report(server, &[]);
    assert!(without.contains("fail  http      403 Forbidden\n"), "{without}");
    assert!(without.contains("help: the server may require an allowed origin"), "{without}");
}

#[test]
fn an_origin_is_asked_for() {
    let report = report(judging(|origin| origin == "http://OWN", "403 Forbidden"), &[]);
    let said = "ok    http      101 Switching Protocols with `Origin: http://127.0.0.1:PORT`; 403 Forbidden without an origin\n";
    assert!(report.contains(said), "{report}");
    assert!(report.ends_with("exit status 0"), "{report}");
}

#[test]
fn no_page_at_all() {
    let report = report(judging(str::is_empty, "403 Forbidden"), &[]);
    let said = "  ok    origin    no page may connect, not even one of `http://127.0.0.1:PORT`: only clients without an origin; one of `https://evil.example` may not (403)";
    assert_eq!(lines(&report), said);
}

#[test]
fn a_page_that_may_not() {
    let report = report(judging(str::is_empty, "403 Forbidden"), &["--origin", "https://app.example.com"]);
    let said = "fail  http      403 Forbidden for a page of `https://app.example.com`; without an origin the server accepts\n";
    assert!(report.contains(said), "{report}");
    assert!(report.ends_with("exit status 1"), "{report}");
}

#[test]
fn comparisons_that_look_at_a_part_only() {
    for (allow, said) in [
        (
            (|origin| !origin.starts_with("https://evil")) as fn(&str) -> bool,
            "a page of `null` may connect: a sandboxed frame on any page sends it",
        ),
        (
            |origin| origin.is_empty() || origin.starts_with("http://127.0.0.1"),
            "a page of `http://127.0.0.1.evil.example` may connect: only the beginning of the origin is compared",
        ),
    ] {
        let report = report(judging(allow, "403 Forbidden"), &[]);
        assert!(report.contains(&format!("  warn  origin    {said}\n")), "{report}");
        assert!(report.ends_with("exit status 1"), "{report}");
    }
}

#[test]
fn a_refusal_that_is_a_failure() {
    let report = report(judging(str::is_empty, "500 Internal Server Error"), &[]);
    assert!(
        report.contains("warn  origin    a page of `https://evil.example` gets 500 Internal Server Error\n"),
        "{report}"
    );
}

#[test]
fn a_refusal_without_a_word() {
    let server = serve(|mut stream| {
        let request = read_request(&mut stream);
        if request.header("origin").is_empty() {
            let _ = stream.write_all(request.accepted("").as_bytes());
            return polite(stream);
        }
        finish(&stream);
    });
    let report = report(server, &[]);
    assert!(
        report.contains("warn  origin    a page of `https://evil.example` is cut off instead of a refusal\n"),
        "{report}"
    );
}

/// A server that accepts every page and closes with this code those that it does not want.
fn closing(allow: fn(&str) -> bool) -> SocketAddr {
    serve(move |mut stream| {
        let request = read_request(&mut stream);
        let _ = stream.write_all(request.accepted("").as_bytes());
        if allow(request.header("origin")) {
            return polite(stream);
        }
        let _ = stream.write_all(&close(1008, "origin"));
        finish(&stream);
    })
}

#[test]
fn a_refusal_after_the_handshake() {
    let wanted = report(closing(|origin| !origin.contains("evil") && origin != "null"), &[]);
    assert_eq!(
        lines(&wanted),
        "  ok    origin    pages of `http://127.0.0.1:PORT` may connect, one of `https://evil.example` may not (accepted, then closed with 1008)"
    );
    let nobody = report(closing(|_| false), &[]);
    assert_eq!(
        lines(&nobody),
        "  ok    origin    not checked: the server closes every connection immediately"
    );
}
