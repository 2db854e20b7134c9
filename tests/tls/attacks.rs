//! Clients that want to harm a server with TLS, and configurations that do. Nothing of them is left behind.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use sockeye::{
    Limits, Server,
    rustls::{
        ServerConfig,
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
        version::{TLS12, TLS13},
    },
};
use sockeye_tests::{PATIENCE, Running, dial, logs, start, within};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::{TcpSocket, TcpStream},
    runtime::Handle,
};

use crate::{
    echoes, said,
    secured::{Identity, secured, trusting},
};

/// Waits until the server's side of every connection is closed, and no task is left but those that were there before.
async fn nothing_is_left(server: &Running, tasks: usize) {
    let left = async {
        while sockets(server) > 0 || Handle::current().metrics().num_alive_tasks() > tasks {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within(left).await;
}

/// The file descriptors of the server's connections, as Linux lists them.
fn sockets(server: &Running) -> usize {
    let port = format!(":{:04X}", server.addr.port());
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap_or_default();
    let of_connection = |line: &&str| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, _remote, state) = (fields.next(), fields.next(), fields.next());
        let inode = fields.nth(5);
        // Not the listener (0A), and not what only the system still knows.
        local.is_some_and(|local| local.ends_with(&port)) && state != Some("0A") && inode != Some("0")
    };
    table.lines().filter(of_connection).count()
}

#[tokio::test]
async fn a_thousand_half_handshakes_hurt_no_one_and_leave_nothing() {
    let limits =
        Limits::new().max_connections(1_000).max_http_connections(1_500).max_connections_per_client(1_000);
    let server = secured(limits.handshake_timeout(PATIENCE)).await;
    let tasks = Handle::current().metrics().num_alive_tasks();
    let mut half = Vec::new();
    for _ in 0..1_000 {
        // An address of their own: the log tells connections apart by their peers, and ports are scarce.
        let client = TcpSocket::new_v4().unwrap();
        client.bind(([127, 0, 0, 2], 0).into()).unwrap();
        let mut client = client.connect(server.running.addr).await.unwrap();
        client.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await.unwrap();
        half.push(client);
    }
    let mut socket = server.open().await;
    echoes(&mut socket).await;
    assert!(!cfg!(target_os = "linux") || sockets(&server.running) > 1_000);
    let peers: Vec<_> = half.iter().map(|client| client.local_addr().unwrap().to_string()).collect();
    drop(half);
    echoes(&mut socket).await;
    drop(socket);
    nothing_is_left(&server.running, tasks).await;
    let lines: usize = peers.iter().map(|peer| logs::with("peer", peer).len()).sum();
    assert!(lines < 50, "{lines} lines about one flood");
}

/// Writes one byte at a time.
struct Drip(TcpStream);

impl AsyncRead for Drip {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Drip {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, &bytes[..1])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_handshake_in_single_bytes_is_a_handshake() {
    let server = secured(Limits::new().handshake_timeout(PATIENCE)).await;
    let stream = dial(server.running.addr).await;
    stream.set_nodelay(true).unwrap();
    let connector = trusting(&server.certificate, &["http/1.1"]);
    let stream = within(connector.connect("localhost".try_into().unwrap(), Drip(stream))).await.unwrap();
    let url = format!("wss://localhost:{}/echo", server.running.addr.port());
    let mut socket = Box::pin(within(tokio_tungstenite::client_async(url, stream))).await.unwrap().0;
    echoes(&mut socket).await;
}

#[tokio::test]
async fn garbage_on_a_websocket_ends_it() {
    let server = secured(Limits::new()).await;
    let tasks = Handle::current().metrics().num_alive_tasks();
    let mut socket = server.open().await;
    let tcp = &mut *socket.get_mut().get_mut().0;
    tcp.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let line = logs::closing_of(&tcp.local_addr().unwrap().to_string()).await;
    assert_eq!(line.get("rule"), "", "{line:?}");
    assert!(line.get("reason").contains("corrupt message"), "{line:?}");
    drop(socket);
    nothing_is_left(&server.running, tasks).await;
}

#[tokio::test]
async fn garbage_in_place_of_a_request_is_named() {
    for protocol in ["http/1.1", "h2"] {
        let server = secured(Limits::new()).await;
        let tasks = Handle::current().metrics().num_alive_tasks();
        let mut stream = server.try_dial(&[protocol]).await.unwrap();
        let tcp = stream.get_mut().0;
        tcp.write_all(&[&[0x17, 0x03, 0x03, 0, 32][..], &[0xff; 32]].concat()).await.unwrap();
        let [rule, reason, remedy] = said(tcp.local_addr().unwrap()).await;
        assert_eq!((&*rule, &*reason), ("tls_failed", "cannot decrypt peer's message"), "{protocol}");
        assert!(remedy.contains("(RFC 8446)"), "{remedy}");
        drop(stream);
        nothing_is_left(&server.running, tasks).await;
    }
}

async fn served_with(config: ServerConfig) -> Running {
    logs::listen();
    start(Server::new().tls(config)).await
}

/// What the log says of a client that cannot shake hands.
async fn refused(running: &Running, connector: &tokio_rustls::TlsConnector) -> [String; 3] {
    let stream = dial(running.addr).await;
    let peer = stream.local_addr().unwrap();
    within(connector.connect("localhost".try_into().unwrap(), stream)).await.unwrap_err();
    said(peer).await
}

#[tokio::test]
async fn a_version_that_is_not_offered_is_named() {
    let identity = Identity::of("localhost");
    let builder = ServerConfig::builder_with_protocol_versions(&[&TLS12]).with_no_client_auth();
    let running = served_with(identity.single(builder)).await;
    let stream = dial(running.addr).await;
    let connected = identity.connector(&[]).connect("localhost".try_into().unwrap(), stream);
    within(connected).await.expect("a client of both versions");
    let [rule, reason, remedy] = refused(&running, &identity.connector_of(&[&TLS13])).await;
    assert_eq!(rule, "tls_failed");
    assert!(reason.contains("peer is incompatible"), "{reason}");
    assert!(remedy.starts_with("update the client, or offer what it supports"), "{remedy}");
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_named() {
    let identity = Identity::expired("localhost");
    let running = served_with(identity.server()).await;
    let [rule, reason, remedy] = refused(&running, &identity.connector(&[])).await;
    assert_eq!(rule, "tls_failed");
    assert_eq!(reason, "the client does not trust the certificate (alert `CertificateExpired`)");
    assert!(remedy.ends_with("and is valid today"), "{remedy}");
}

/// Has no certificate for anyone, and says so in the wrong way.
#[derive(Debug)]
struct Panics;

impl ResolvesServerCert for Panics {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<std::sync::Arc<CertifiedKey>> {
        panic!("no certificate for {}", hello.server_name().unwrap_or_default());
    }
}

#[tokio::test]
async fn a_resolver_that_panics_is_named_and_harms_only_its_client() {
    let builder = ServerConfig::builder().with_no_client_auth();
    let running = served_with(builder.with_cert_resolver(std::sync::Arc::new(Panics))).await;
    let tasks = Handle::current().metrics().num_alive_tasks();
    let connector = Identity::of("localhost").connector(&[]);
    let [rule, reason, remedy] = refused(&running, &connector).await;
    assert_eq!(rule, "tls_failed");
    assert_eq!(reason, "the `ServerConfig` panicked: no certificate for localhost");
    assert!(remedy.starts_with("let the `ResolvesServerCert` and the `ClientCertVerifier`"), "{remedy}");
    nothing_is_left(&running, tasks).await;
}

/// As a provider of certificates sets it, which proves its domain that way (RFC 8737).
#[tokio::test]
async fn protocols_without_http_are_completed() {
    let identity = Identity::of("localhost");
    let mut config = identity.server();
    config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
    let running = served_with(config).await;
    for (offered, chosen) in [("h2", "h2"), ("http/1.1", "http/1.1"), ("acme-tls/1", "acme-tls/1")] {
        let connector = identity.connector(&[offered]);
        let stream = dial(running.addr).await;
        let stream = within(connector.connect("localhost".try_into().unwrap(), stream)).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(chosen.as_bytes()));
    }
}
