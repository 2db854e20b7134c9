//! Handshakes that failed, as faults.

use std::{any::Any, io};

use sockeye_rules::{PLAIN_HTTP, TLS_FAILED};
use tokio_rustls::rustls::{AlertDescription, Error};

use crate::{
    log, panic,
    server::{beginning::Beginning, faults::Fault},
};

const USE_TLS: &str = "connect with `wss://` or `https://`; behind a proxy that terminates TLS, do not call `Server::tls`, or let the \
    proxy connect over TLS";
const ADDRESS: &str = "this port speaks TLS: check the address and the port in the client";
const TRUST: &str = "let the client trust the issuer of the certificate; let the server send the whole chain; check that the certificate \
    has the name that the client connects to, and is valid today";
const CERTIFICATE: &str = "let the `ResolvesServerCert` return a certificate for the name that the client connects to, and for clients that send no name";
const VERSIONS: &str = "update the client, or offer what it supports (protocol versions, cipher suites, `alpn_protocols`) in the `ServerConfig`";
const OF_CLIENT: &str =
    "give the client a certificate that the `ClientCertVerifier` of the `ServerConfig` accepts";
const CLIENT: &str = "check the client, and what is between it and the server: it does not complete a TLS handshake (RFC 8446)";

const PANICKED: &str = "let the `ResolvesServerCert` and the `ClientCertVerifier` of the `ServerConfig` return `None` or an error instead of \
    panicking";

/// A client that has begun without TLS.
pub(super) fn without_tls(heard: Beginning) -> Fault {
    if heard.is_request() {
        let reason = "the client sent an HTTP request without TLS, status 400".to_owned();
        return Fault { rule: &PLAIN_HTTP, reason, remedy: USE_TLS };
    }
    if heard.is_http2() {
        let reason = "the client sent HTTP/2 without TLS; it is disconnected".to_owned();
        return Fault { rule: &PLAIN_HTTP, reason, remedy: USE_TLS };
    }
    let (what, remedy) = match heard.remedy() {
        Some(remedy) => (heard.words(), remedy),
        None => ("bytes that are neither TLS nor HTTP", ADDRESS),
    };
    Fault { rule: &TLS_FAILED, reason: format!("the client sent {what}"), remedy }
}

/// A handshake in which the program's own part of the configuration has panicked.
pub(super) fn by_panic(panic: &(dyn Any + Send)) -> Fault {
    let words = panic::words(panic);
    Fault {
        rule: &TLS_FAILED,
        reason: format!("the `ServerConfig` panicked: {}", log::part(&words)),
        remedy: PANICKED,
    }
}

/// A handshake that rustls or the client has given up.
pub(super) fn by_rustls(error: &io::Error) -> Fault {
    let of_tls = of_tls(error);
    let reason = match of_tls {
        Some(Error::AlertReceived(alert)) if is_distrust(*alert) => {
            format!("the client does not trust the certificate (alert `{alert:?}`)")
        }
        Some(error) => error.to_string(),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the client closed the connection during the handshake".to_owned()
        }
        None => error.to_string(),
    };
    Fault { rule: &TLS_FAILED, reason, remedy: of_tls.map_or(TRUST, remedy) }
}

/// The fault of an HTTP connection that rustls has given up after the handshake. An end without `close_notify` is none: most clients
/// leave that way.
pub(in crate::server) fn by_record(error: &(dyn std::error::Error + 'static)) -> Option<Fault> {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .find(|error| of_tls(error).is_some())
        .map(by_rustls)
}

/// rustls's own error within one of the transport.
fn of_tls(error: &io::Error) -> Option<&Error> {
    error.get_ref().and_then(|error| error.downcast_ref::<Error>())
}

fn remedy(error: &Error) -> &'static str {
    match error {
        Error::AlertReceived(alert) if is_distrust(*alert) => TRUST,
        Error::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(_)
        | Error::NoApplicationProtocol => VERSIONS,
        Error::NoCertificatesPresented | Error::InvalidCertificate(_) => OF_CLIENT,
        // rustls has no variant for it.
        Error::General(words) if words.contains("certificate") => CERTIFICATE,
        _ => CLIENT,
    }
}

/// Whether the client refuses the certificate or its signature (RFC 8446, section 6.2).
fn is_distrust(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            // The issuer has the same name as one that it trusts, but another key.
            | AlertDescription::DecryptError
    )
}
