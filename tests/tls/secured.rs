//! A server with TLS, and clients that trust its certificate.

use std::sync::{Arc, Mutex};

use axum::{Router, routing::get};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use sockeye::{
    Limits, Server,
    rustls::{
        ConfigBuilder, ServerConfig, SupportedProtocolVersion,
        crypto::ring::sign::any_supported_type,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
        server::{ClientHello, ResolvesServerCert, WantsServerCert},
        sign::CertifiedKey,
    },
};
use sockeye_tests::{Running, dial, logs, start, within};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore},
};
use tokio_tungstenite::WebSocketStream;

/// The certificate of a server, which can be replaced.
#[derive(Debug, Default)]
pub(crate) struct Renewed(pub(crate) Mutex<Option<Arc<CertifiedKey>>>);

impl Renewed {
    /// Makes a certificate for this name, and returns it.
    pub(crate) fn renew(&self, name: &str) -> CertificateDer<'static> {
        let made = Identity::of(name);
        *self.0.lock().unwrap() = Some(Arc::new(made.certified()));
        made.certificate
    }
}

impl ResolvesServerCert for Renewed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.lock().unwrap().clone()
    }
}

/// A certificate with its key, as a server has it that never changes it.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    pub(crate) fn of(name: &str) -> Self {
        Self::with(&CertificateParams::new([name.to_owned()]).unwrap())
    }

    /// Was valid for a day, long ago.
    pub(crate) fn expired(name: &str) -> Self {
        let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
        parameters.not_before = date_time_ymd(2001, 1, 1);
        parameters.not_after = date_time_ymd(2001, 1, 2);
        Self::with(&parameters)
    }

    fn with(parameters: &CertificateParams) -> Self {
        let pair = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&pair).unwrap().der().clone();
        Self { certificate, key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der())) }
    }

    pub(crate) fn certified(&self) -> CertifiedKey {
        CertifiedKey::new(vec![self.certificate.clone()], any_supported_type(&self.key).unwrap())
    }

    pub(crate) fn server(&self) -> ServerConfig {
        self.single(ServerConfig::builder().with_no_client_auth())
    }

    pub(crate) fn single(&self, builder: ConfigBuilder<ServerConfig, WantsServerCert>) -> ServerConfig {
        builder.with_single_cert(vec![self.certificate.clone()], self.key.clone_key()).unwrap()
    }

    pub(crate) fn connector(&self, protocols: &[&str]) -> TlsConnector {
        trusting(&self.certificate, protocols)
    }

    /// A client that speaks these versions only.
    pub(crate) fn connector_of(&self, versions: &[&'static SupportedProtocolVersion]) -> TlsConnector {
        let builder = ClientConfig::builder_with_protocol_versions(versions);
        let config = builder.with_root_certificates(only(&self.certificate)).with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }
}

fn only(certificate: &CertificateDer<'static>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    roots
}

/// A client that trusts this certificate only, and offers these protocols.
pub(crate) fn trusting(certificate: &CertificateDer<'static>, protocols: &[&str]) -> TlsConnector {
    let mut config = ClientConfig::builder().with_root_certificates(only(certificate)).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

/// A server, and the certificate that its clients trust.
pub(crate) struct Secured {
    pub(crate) running: Running,
    pub(crate) renewed: Arc<Renewed>,
    pub(crate) certificate: CertificateDer<'static>,
}

pub(crate) async fn secured(limits: Limits) -> Secured {
    served(Server::new().limits(limits)).await
}

/// Any server, with TLS, and with a route of HTTP.
pub(crate) async fn served(server: Server) -> Secured {
    logs::listen();
    let renewed = Arc::new(Renewed::default());
    let certificate = renewed.renew("localhost");
    let config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(Arc::clone(&renewed) as _);
    let server = server.router(Router::new().route("/small", get(async || "ok")));
    let running = start(server.tls(config)).await;
    Secured { running, renewed, certificate }
}

impl Secured {
    /// Connects with TLS; trusts the first certificate only.
    pub(crate) async fn try_dial(&self, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        self.shake(dial(self.running.addr).await, protocols).await
    }

    pub(crate) async fn shake(
        &self,
        stream: TcpStream,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let connector = trusting(&self.certificate, protocols);
        within(connector.connect("localhost".try_into().unwrap(), stream)).await
    }

    pub(crate) async fn open(&self) -> WebSocketStream<TlsStream<TcpStream>> {
        self.upgrade(self.try_dial(&["http/1.1"]).await.unwrap()).await
    }

    pub(crate) async fn upgrade(
        &self,
        stream: TlsStream<TcpStream>,
    ) -> WebSocketStream<TlsStream<TcpStream>> {
        let url = format!("wss://localhost:{}/echo", self.running.addr.port());
        Box::pin(within(tokio_tungstenite::client_async(url, stream))).await.unwrap().0
    }
}

/// A client of HTTP/2.
pub(crate) async fn http2(server: &Secured) -> SendRequest<Empty<Bytes>> {
    let stream = server.try_dial(&["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let shaken = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (client, connection) = within(shaken).await.unwrap();
    tokio::spawn(connection);
    client
}
