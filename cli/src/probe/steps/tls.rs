//! Whether the server speaks TLS, with a certificate that a client trusts.

use std::{io, time::Instant};

use tokio_rustls::rustls::{CertificateError, Error, ExtendedKeyPurpose, pki_types::UnixTime};

use super::{
    super::{
        finding::Finding,
        line::Line,
        transport::Opened,
        trust::{Seen, Trust},
    },
    millis,
};

const NAME: &str = "tls";

/// Connects once; `false` if no handshake can be sent over it.
pub(in crate::probe) async fn check(line: &Line, trust: &Trust) -> (bool, Finding) {
    let start = Instant::now();
    match line.open().await {
        Ok(Opened { version, .. }) => {
            let version = version.unwrap_or("TLS");
            let words = format!(
                "{version} in {}, the certificate is trusted for `{}`",
                millis(start.elapsed()),
                line.target.host
            );
            (true, Finding::ok(NAME, words))
        }
        Err(error) => (false, explain(line, trust, &error)),
    }
}

fn explain(line: &Line, trust: &Trust, error: &io::Error) -> Finding {
    if let Some(error) = rustls_error(error) {
        return of_rustls(line, trust, error);
    }
    match error.kind() {
        io::ErrorKind::TimedOut => Finding::fail(NAME, format!("no answer to the TLS handshake within {:?}", line.limit))
            .help(format!("what listens on port {} does not answer a TLS handshake: if it does not use TLS, write `ws://`", line.target.port)),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            Finding::fail(NAME, "the server closed the connection during the TLS handshake").help(
                "it may not use TLS on this port (write `ws://`), or have no certificate for this name: check its log",
            )
        }
        _ => Finding::fail(NAME, format!("the TLS handshake failed: {error}")),
    }
}

/// The rustls error inside an error of the stream.
pub(in crate::probe) fn rustls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn of_rustls(line: &Line, trust: &Trust, error: &Error) -> Finding {
    match error {
        Error::InvalidCertificate(error) => certificate(line, trust, error),
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => {
            Finding::fail(NAME, "what listens there does not use TLS").help(format!(
                "write `ws://{}{}`, or let a proxy in front of it terminate TLS",
                line.target.host_and_port(),
                line.target.url.path()
            ))
        }
        Error::AlertReceived(alert) => alert_received(&format!("{alert:?}")),
        Error::PeerIncompatible(why) => Finding::fail(
            NAME,
            format!("the client and the server have no TLS version or cipher suite in common: {why:?}"),
        )
        .help("enable TLS 1.2 or 1.3 in the server"),
        _ => Finding::fail(NAME, format!("the TLS handshake failed: {error}")),
    }
}

fn alert_received(alert: &str) -> Finding {
    let (words, help) = match alert {
        "UnrecognisedName" => (
            "the server has no certificate for this name",
            "add the name to the server or proxy that terminates TLS",
        ),
        "ProtocolVersion" => {
            ("the server supports only obsolete versions of TLS", "enable TLS 1.2 or 1.3 in the server")
        }
        "NoApplicationProtocol" => (
            "the server does not support HTTP/1.1 over TLS",
            "WebSocket clients ask for `http/1.1`: enable it along with `h2`",
        ),
        "CertificateRequired" | "BadCertificate" => (
            "the server asks for a client certificate",
            "this probe cannot send one: run it behind the proxy that asks for it",
        ),
        "HandshakeFailure" => (
            "the client and the server have no TLS version in common, or the server has no certificate for this name",
            "enable TLS 1.2 or 1.3 in the server, and check its log",
        ),
        _ => {
            return Finding::fail(
                NAME,
                format!("the server aborted the TLS handshake with the alert {alert}"),
            )
            .help("check its log");
        }
    };
    Finding::fail(NAME, words).help(help)
}

fn certificate(line: &Line, trust: &Trust, error: &CertificateError) -> Finding {
    let host = &line.target.host;
    let seen = trust.seen();
    if seen.self_signed {
        return shown(self_signed(host), &seen);
    }
    let finding = match error {
        CertificateError::ExpiredContext { time, not_after } => expired(&ago(*time, *not_after)),
        CertificateError::Expired => expired("some time ago"),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Finding::fail(NAME, "the certificate is not valid yet").help("compare the clocks of this machine and of the server")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Finding::fail(NAME, format!("the certificate is not for `{host}`"))
                .help("connect to a name in the certificate, or get a certificate for this name; a proxy with several sites must have this one")
        }
        CertificateError::UnknownIssuer if trust.is_empty() => Finding::fail(NAME, "this machine has no trusted root certificates")
            .help("install `ca-certificates`, or set `SSL_CERT_FILE` to a file of certificates"),
        CertificateError::UnknownIssuer => unknown_issuer(&seen),
        CertificateError::Revoked => Finding::fail(NAME, "the certificate was revoked").help("get a new one"),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => purpose(error),
        _ => Finding::fail(NAME, format!("the certificate cannot be trusted: {error}")),
    };
    shown(finding, &seen)
}

/// With the names of the certificate, which are usually sufficient.
fn shown(finding: Finding, seen: &Seen) -> Finding {
    if seen.names.is_empty() { finding } else { finding.detail("names", seen.names.join(", ")) }
}

fn self_signed(host: &url::Host<String>) -> Finding {
    Finding::fail(NAME, "the certificate is self-signed").help(format!(
        "browsers refuse it for a WebSocket without asking: get one from an authority (Let's Encrypt; Caddy does it by itself), or, \
         in development, make one that this machine trusts: `mkcert {host}`"
    ))
}

fn expired(when: &str) -> Finding {
    Finding::fail(NAME, format!("the certificate expired {when}"))
        .help("renew it, then reload the server: nginx and most servers keep using the old one until then")
}

fn unknown_issuer(seen: &Seen) -> Finding {
    let finding =
        Finding::fail(NAME, "the certificate is issued by an authority that this machine does not trust");
    if seen.intermediates == 0 {
        finding.help("the server sends no intermediate certificate: configure the full chain (nginx: `ssl_certificate fullchain.pem`); browsers may work without it, other clients fail")
    } else {
        finding.help("if it is your company's own authority, every client must trust it: here, set `SSL_CERT_FILE` to its file")
    }
}

fn purpose(error: &CertificateError) -> Finding {
    let presented = match error {
        CertificateError::InvalidPurposeContext { presented, .. } => presented.as_slice(),
        _ => &[],
    };
    let client = presented.iter().any(|purpose| matches!(purpose, ExtendedKeyPurpose::ClientAuth));
    let what = if client {
        "the certificate is for clients, not servers"
    } else {
        "the certificate is not for servers"
    };
    Finding::fail(NAME, what).help("get one with `serverAuth` in its extended key usage")
}

/// How long ago, in the largest unit that fits.
fn ago(now: UnixTime, then: UnixTime) -> String {
    let seconds = now.as_secs().saturating_sub(then.as_secs());
    let (number, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{number} {unit}{} ago", if number == 1 { "" } else { "s" })
}
