//! The meaning of a missing HTTP response.

use std::io::ErrorKind;

use super::super::{broken::Broken, clean, finding::Finding, steps::tls::rustls_error, target::Target};

/// How much of an unexpected response is shown.
const SHOWN: usize = 80;

/// The finding for a handshake that failed without a response.
pub(in crate::probe) fn explain(name: &'static str, broken: &Broken, target: &Target) -> Finding {
    match broken {
        Broken::NotConnected(error) => Finding::fail(
            name,
            format!("the server accepted one connection and refused the next: {error}"),
        )
        .help(
            "the limit on connections per client is reached, or the server has just stopped: check its log",
        ),
        Broken::Silent(limit) => {
            Finding::fail(name, format!("connected, but no response within {limit:?}")).helps(silent(target))
        }
        Broken::Slow(limit, bytes) => Finding::fail(
            name,
            format!("the response did not end within {limit:?}"),
        )
        .detail("says", begin(bytes))
        .help(
            "the server sends the response piece by piece, or waits for more of the request: check its log",
        ),
        Broken::Ended(bytes) if bytes.is_empty() => {
            Finding::fail(name, "the server closed the connection without a response").helps(closed(target))
        }
        Broken::Ended(bytes) => {
            Finding::fail(name, "the server closed the connection in the middle of its response")
                .detail("says", begin(bytes))
                .help("it crashed or was stopped while it responded: check its log")
        }
        Broken::Failed(error, bytes) if !bytes.is_empty() => {
            Finding::fail(name, format!("the connection broke in the middle of the response: {error}"))
                .detail("says", begin(bytes))
                .help("the server crashed or was stopped while it responded: check its log")
        }
        Broken::Failed(error, _) => failed(name, error, target),
        Broken::NotHttp(bytes) => not_http(name, bytes, target),
        Broken::TooLong(limit) => Finding::fail(
            name,
            format!("the head of the response is longer than {} KiB, more than clients read", limit / 1024),
        )
        .help("send fewer or shorter headers; most often they are cookies"),
    }
}

fn silent(target: &Target) -> Vec<String> {
    let tls = if target.secure { None } else { Some("the port may expect TLS: try `wss://`".to_owned()) };
    let mut all = vec![
        "the server is stuck (a blocking call in an async handler stalls all connections), or does slow work before it accepts: check its log".to_owned(),
    ];
    all.extend(tls);
    all
}

fn closed(target: &Target) -> Vec<String> {
    let tls = if target.secure {
        "the proxy that terminates TLS may have no server behind it: check that the server runs"
    } else {
        "the port may expect TLS: try `wss://`"
    };
    vec![
        "the server crashed, refused this host without a response, or speaks another protocol: check its log"
            .to_owned(),
        tls.to_owned(),
    ]
}

fn failed(name: &'static str, error: &std::io::Error, target: &Target) -> Finding {
    if let Some(error) = rustls_error(error) {
        return Finding::fail(name, format!("TLS ended the connection: {error}"))
            .help("if the error is `CertificateRequired`, the server asks for a client certificate");
    }
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
            Finding::fail(name, "the connection was reset before a response arrived").helps(closed(target))
        }
        ErrorKind::UnexpectedEof => {
            Finding::fail(name, "the server closed the connection without a response").helps(closed(target))
        }
        _ => Finding::fail(name, format!("the connection broke before a response arrived: {error}")),
    }
}

fn not_http(name: &'static str, bytes: &[u8], target: &Target) -> Finding {
    let (who, help) = recognise(bytes, target);
    Finding::fail(name, format!("what listens there is not an HTTP server{who}"))
        .detail("says", begin(bytes))
        .help(help)
}

/// The program that responds like this, and what to do.
fn recognise(bytes: &[u8], target: &Target) -> (&'static str, String) {
    let port =
        "the port belongs to another service: compare it with the port that the server prints when it starts"
            .to_owned();
    match bytes {
        // An alert: the server took the request for an invalid TLS handshake.
        [0x15, 3, ..] => {
            (": it expects TLS", format!("write `wss://{}{}`", target.host_and_port(), target.url.path()))
        }
        // An empty SETTINGS frame is how HTTP/2 begins.
        [0, 0, _, 4, ..] => (
            ", or one that speaks only HTTP/2",
            "WebSocket clients connect over HTTP/1.1: enable it along with HTTP/2".to_owned(),
        ),
        _ if bytes.starts_with(b"SSH-") => (": it is an SSH server", port),
        _ if bytes.starts_with(b"220 ") || bytes.starts_with(b"220-") => {
            (": it is a mail or FTP server", port)
        }
        _ if bytes.starts_with(b"-ERR") => (": it looks like Redis", port),
        _ if bytes.starts_with(b"HTTP/") => (
            " that follows RFC 9112",
            "the head of its response is malformed: check what writes it".to_owned(),
        ),
        _ => ("", port),
    }
}

/// The first line, up to a maximum length; bytes that are not text in hexadecimal.
fn begin(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(SHOWN)];
    let printable = cut.iter().filter(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()).count();
    if printable * 10 >= cut.len() * 9 {
        return clean::text(cut).lines().next().unwrap_or_default().to_owned();
    }
    cut.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
