//! Servers with certificates of every kind.

use std::{
    fs,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};

use super::{
    canned::{finish, serve},
    probe::{Seen, probe_with, steady},
};

/// An authority that signs certificates for these tests, and the file that makes a client trust it.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of the tests");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("authority.pem");
        fs::write(&file, issuer.pem()).unwrap();
        Authority { issuer, file }
    })
}

/// What a certificate of a server usually is.
fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A server that shows a certificate signed by the authority, and says 404 to every request.
fn signed(params: &CertificateParams) -> SocketAddr {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority().issuer).unwrap();
    start(certificate.der().clone(), &key, &[b"http/1.1"])
}

fn start(certificate: CertificateDer<'static>, key: &KeyPair, protocols: &[&[u8]]) -> SocketAddr {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let config = Arc::new(config);
    serve(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let mut head = [0; 4096];
        // A client that does not trust the certificate ends here.
        if std::io::Read::read(&mut stream, &mut head).is_ok() {
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        }
        finish(&stream.sock);
    })
}

/// Probes with a client that trusts the authority and nobody else.
fn report(address: SocketAddr) -> String {
    let url = format!("wss://localhost:{}/ws", address.port());
    let file = authority().file.to_str().unwrap();
    let seen: Seen = probe_with(&[&url], &[("SSL_CERT_FILE", file), ("SSL_CERT_DIR", "/nonexistent")]);
    let report = steady(&seen, address);
    // What comes before is about addresses, of which machines have different ones.
    let start = report.find("  ok    tls").or_else(|| report.find("  fail  tls")).unwrap_or_default();
    report[start..].to_owned()
}

#[test]
fn a_trusted_certificate() {
    let report = report(signed(&params("localhost")));
    assert!(
        report.starts_with("  ok    tls       TLS 1.3 in N ms, the certificate is trusted for `localhost`\n"),
        "{report}"
    );
    assert!(report.contains("  fail  http      404 Not Found\n"), "{report}");
}

#[test]
fn a_self_signed_certificate() {
    let key = KeyPair::generate().unwrap();
    let certificate = params("localhost").self_signed(&key).unwrap();
    insta::assert_snapshot!(report(start(certificate.der().clone(), &key, &[b"http/1.1"])));
}

#[test]
fn an_authority_that_is_not_trusted() {
    let mut other = params("other authority");
    other.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let other = CertifiedIssuer::self_signed(other, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params("localhost").signed_by(&key, &other).unwrap();
    insta::assert_snapshot!(report(start(certificate.der().clone(), &key, &[b"http/1.1"])));
}

#[test]
fn an_expired_certificate() {
    let mut params = params("localhost");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
    let report = report(signed(&params));
    assert!(
        report.starts_with("  fail  tls       the certificate expired ") && report.contains(" days ago\n"),
        "{report}"
    );
    assert!(report.contains("        help: renew it"), "{report}");
}

#[test]
fn a_certificate_of_the_future() {
    let mut params = params("localhost");
    params.not_before = date_time_ymd(4000, 1, 1);
    let report = report(signed(&params));
    assert!(report.starts_with("  fail  tls       the certificate is not valid yet\n"), "{report}");
}

#[test]
fn a_certificate_for_another_name() {
    insta::assert_snapshot!(report(signed(&params("shop.example.com"))));
}

#[test]
fn no_tls_at_all() {
    let plain = serve(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        finish(&stream);
    });
    let report = report(plain);
    assert!(
        report.starts_with(
            "  fail  tls       what listens there does not use TLS\n        help: write `ws://localhost:PORT/ws`"
        ),
        "{report}"
    );
}

#[test]
fn only_http_2() {
    let key = KeyPair::generate().unwrap();
    let certificate = params("localhost").signed_by(&key, &authority().issuer).unwrap();
    let report = report(start(certificate.der().clone(), &key, &[b"h2"]));
    assert!(
        report.starts_with("  fail  tls       the server does not support HTTP/1.1 over TLS\n"),
        "{report}"
    );
}
