//! What it means when no answer in HTTP comes.

use std::io::ErrorKind;

use super::super::{broken::Broken, clean, finding::Finding, steps::tls::rustls_error, target::Target};

/// What of a strange answer is shown.
const SHOWN: usize = 80;

/// The finding for a handshake that broke off.
pub(in crate::probe) fn explain(name: &'static str, broken: &Broken, target: &Target) -> Finding {
    match broken {
        Broken::NotConnected(error) => {
            Finding::fail(name, format!("the server took one connection and no second one: {error}"))
                .help("a limit on connections of one client, or the server has just ended: look into its log")
        }
        Broken::Silent(limit) => {
            Finding::fail(name, format!("the connection stands, but no answer came within {limit:?}"))
                .helps(silent(target))
        }
        Broken::Slow(limit, bytes) => {
            Finding::fail(name, format!("the answer began and did not end within {limit:?}"))
                .detail("says", begin(bytes))
                .help("whoever answers sends it piece by piece, or waits for more of the request")
        }
        Broken::Ended(bytes) if bytes.is_empty() => {
            Finding::fail(name, "the server closed the connection without an answer").helps(closed(target))
        }
        Broken::Ended(bytes) => {
            Finding::fail(name, "the server closed the connection in the middle of its answer")
                .detail("says", begin(bytes))
                .help("it crashed or was stopped while it answered: look into its log")
        }
        Broken::Failed(error, bytes) if !bytes.is_empty() => {
            Finding::fail(name, format!("the connection broke in the middle of the answer: {error}"))
                .detail("says", begin(bytes))
                .help("the server crashed or was stopped while it answered: look into its log")
        }
        Broken::Failed(error, _) => failed(name, error, target),
        Broken::NotHttp(bytes) => not_http(name, bytes, target),
        Broken::TooLong(limit) => Finding::fail(
            name,
            format!("the head of the answer is longer than {} KiB, which no client reads", limit / 1024),
        )
        .help("look at what sets so many or so long headers, most often cookies"),
    }
}

fn silent(target: &Target) -> Vec<String> {
    let tls = if target.secure {
        None
    } else {
        Some("the port may speak TLS and wait for its handshake: try `wss://`".to_owned())
    };
    let mut all = vec![
        "the server is stuck (a blocking call in an async handler stalls all connections), or does long work before it accepts: look into its log".to_owned(),
    ];
    all.extend(tls);
    all
}

fn closed(target: &Target) -> Vec<String> {
    let tls = if target.secure {
        "the proxy that ends TLS may have no server behind it"
    } else {
        "the port may speak TLS: try `wss://`"
    };
    vec![
        "the server crashed, refused this host without a word, or speaks another protocol: look into its log"
            .to_owned(),
        tls.to_owned(),
    ]
}

fn failed(name: &'static str, error: &std::io::Error, target: &Target) -> Finding {
    if let Some(error) = rustls_error(error) {
        return Finding::fail(name, format!("TLS ended the connection: {error}"))
            .help("if it says `CertificateRequired`, the server asks for a certificate of the client");
    }
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
            Finding::fail(name, "the connection was reset before an answer came").helps(closed(target))
        }
        ErrorKind::UnexpectedEof => {
            Finding::fail(name, "the server closed the connection without an answer").helps(closed(target))
        }
        _ => Finding::fail(name, format!("the connection broke before an answer came: {error}")),
    }
}

fn not_http(name: &'static str, bytes: &[u8], target: &Target) -> Finding {
    let (who, help) = recognise(bytes, target);
    Finding::fail(name, format!("what listens there is no HTTP server{who}"))
        .detail("says", begin(bytes))
        .help(help)
}

/// Who speaks like this, and what to do.
fn recognise(bytes: &[u8], target: &Target) -> (&'static str, String) {
    let port = "the port is another service's: compare it with the one that the server prints when it starts"
        .to_owned();
    match bytes {
        // An alert: the server took the request for a broken TLS handshake.
        [0x15, 3, ..] => {
            (": it speaks TLS", format!("write `wss://{}{}`", target.host_and_port(), target.url.path()))
        }
        // An empty SETTINGS frame is how HTTP/2 begins.
        [0, 0, _, 4, ..] => (
            ", or one that speaks only HTTP/2",
            "WebSocket clients open over HTTP/1.1: switch it on beside HTTP/2".to_owned(),
        ),
        _ if bytes.starts_with(b"SSH-") => (": it is an SSH server", port),
        _ if bytes.starts_with(b"220 ") || bytes.starts_with(b"220-") => {
            (": it is a mail or FTP server", port)
        }
        _ if bytes.starts_with(b"-ERR") => (": it is Redis or something like it", port),
        _ if bytes.starts_with(b"HTTP/") => (
            " that keeps to the rules",
            "the head of its answer cannot be read: look at what writes it".to_owned(),
        ),
        _ => ("", port),
    }
}

/// The first line, as far as it is shown; bytes that are no text in hexadecimal digits.
fn begin(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(SHOWN)];
    let printable = cut.iter().filter(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()).count();
    if printable * 10 >= cut.len() * 9 {
        return clean::text(cut).lines().next().unwrap_or_default().to_owned();
    }
    cut.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
