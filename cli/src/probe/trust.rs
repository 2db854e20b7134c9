//! The trusted certificates: those that this machine trusts.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::{
    TlsConnector,
    rustls::{
        CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
        client::{
            WebPkiServerVerifier,
            danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        },
        crypto::{CryptoProvider, ring},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};
use webpki::EndEntityCert;

/// The certificate verifier, which records the certificate so that an error can be explained.
pub(super) struct Trust {
    pub(super) connector: TlsConnector,
    verifier: Arc<Verifier>,
}

/// The certificate of a server.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Names that the certificate is for.
    pub(super) names: Vec<String>,
    pub(super) self_signed: bool,
    /// The number of certificates in its chain.
    pub(super) intermediates: usize,
}

impl Trust {
    /// # Errors
    /// If no protocol version is supported.
    pub(super) fn of_this_machine() -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        // Files that cannot be read result in an authority that is not trusted.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let verifier = Arc::new(Verifier::new(roots, &provider));
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as _)
            .with_no_client_auth();
        // Over HTTP/2 a WebSocket is opened in a different way, which few servers support.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { connector: Arc::new(config).into(), verifier })
    }

    /// The certificate of the last server.
    pub(super) fn seen(&self) -> Seen {
        self.verifier.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether no certificate is trusted.
    pub(super) fn is_empty(&self) -> bool {
        self.verifier.inner.is_none()
    }
}

/// Leaves every decision to rustls, and inspects the certificate only to explain it.
#[derive(Debug)]
struct Verifier {
    /// `None` if this machine trusts nothing.
    inner: Option<Arc<WebPkiServerVerifier>>,
    schemes: Vec<SignatureScheme>,
    seen: Mutex<Seen>,
}

impl Verifier {
    fn new(roots: RootCertStore, provider: &Arc<CryptoProvider>) -> Self {
        let inner =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build().ok();
        let schemes = provider.signature_verification_algorithms.supported_schemes();
        Self { inner, schemes, seen: Mutex::default() }
    }

    fn inner(&self) -> Result<&WebPkiServerVerifier, Error> {
        self.inner.as_deref().ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))
    }
}

fn look(certificate: &CertificateDer<'_>, intermediates: usize) -> Seen {
    let Ok(read) = EndEntityCert::try_from(certificate) else {
        return Seen { intermediates, ..Seen::default() };
    };
    let names = read.valid_dns_names().map(str::to_owned).collect();
    Seen { names, self_signed: read.issuer() == read.subject(), intermediates }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = look(certificate, intermediates.len());
        self.inner()?.verify_server_cert(certificate, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner()?.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner()?.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}
