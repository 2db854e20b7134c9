//! Which certificates are trusted: those that this machine trusts.

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

/// The judge of certificates, which remembers what it has seen so that an error can be explained.
pub(super) struct Trust {
    pub(super) connector: TlsConnector,
    verifier: Arc<Verifier>,
}

/// What a server has shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Names that the certificate is for.
    pub(super) names: Vec<String>,
    pub(super) self_signed: bool,
    /// How many certificates came with it.
    pub(super) intermediates: usize,
}

impl Trust {
    /// # Errors
    /// When no protocol version can be spoken.
    pub(super) fn of_this_machine() -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        // Files that cannot be read show as an authority that is not trusted.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let verifier = Arc::new(Verifier::new(roots, &provider));
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as _)
            .with_no_client_auth();
        // Over HTTP/2 a WebSocket is opened in another way, which few servers speak.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { connector: Arc::new(config).into(), verifier })
    }

    /// What the last server has shown.
    pub(super) fn seen(&self) -> Seen {
        self.verifier.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether nothing is trusted.
    pub(super) fn is_empty(&self) -> bool {
        self.verifier.inner.is_none()
    }
}

/// Leaves every judgement to rustls, and looks at the certificate only to explain it.
#[derive(Debug)]
struct Verifier {
    /// `None` when this machine trusts nothing.
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
