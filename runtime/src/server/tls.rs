//! The TLS handshake of a connection, and the answer to a client that speaks plain HTTP.

mod begun;
mod eager;
mod failed;

use std::{io, net::SocketAddr, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use http::StatusCode;
use sockeye_rules::PLAIN_HTTP;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server::TlsStream};

pub(super) use self::failed::by_record;
use self::{begun::Begun, eager::Eager};
use super::{beginning::Beginning, door, faults::Faults, source::Transport};

/// The first byte of a TLS record with a handshake message (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 0x16;

/// How much may wait to be written behind a full transport: one record (RFC 8446, section 5.1). Whatever waits there counts as taken by the
/// client, and takes memory for each that is slow.
const BUFFERED: usize = 16 * 1024;

/// For a request without TLS.
const PLAIN: &str = "request refused [plain_http]: this port speaks TLS: use `wss://` or `https://`\n";

/// The protocols of HTTP that the server speaks (RFC 7301).
const PROTOCOLS: &[&[u8]] = if cfg!(feature = "http2") { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };

/// The configuration, with which every client can send a request, once.
fn fitted(mut config: ServerConfig) -> ServerConfig {
    let offered = &mut config.alpn_protocols;
    offered.retain(|protocol| cfg!(feature = "http2") || protocol != b"h2");
    // Those of others alone (`acme-tls/1`) would have every browser refused.
    if !offered.iter().any(|protocol| PROTOCOLS.contains(&&**protocol)) {
        offered.extend(PROTOCOLS.iter().map(|protocol| protocol.to_vec()));
    }
    // Anyone can send a request in 0-RTT again (RFC 8446, section 8). Clients without it send theirs after the handshake.
    config.max_early_data_size = 0;
    config
}

/// Why there was no handshake.
enum Failed<S> {
    /// The connection ended before its first byte.
    Silent,
    /// The client sent something that is not TLS.
    NotTls(S),
    /// rustls refused, or the client closed the connection.
    Handshake(io::Error),
}

/// Accepts TLS with one configuration.
#[derive(Clone)]
pub(super) struct Tls(TlsAcceptor);

impl Tls {
    pub(super) fn new(config: ServerConfig) -> Self {
        Self(TlsAcceptor::from(Arc::new(fitted(config))))
    }

    /// The connection after its handshake. If there was none, `None`: the client has got its answer, and the log has the reason.
    pub(super) async fn admit<S: Transport + 'static>(
        &self,
        io: S,
        peer: Option<SocketAddr>,
        limit: Duration,
        faults: &Faults,
    ) -> Option<Box<dyn Transport>> {
        let mut heard = Beginning::default();
        // The configuration has code of the program. The connection is dropped after a panic.
        let shaken = AssertUnwindSafe(self.shake(io, &mut heard)).catch_unwind();
        let shaken = match timeout(limit, shaken).await {
            Ok(Ok(shaken)) => Ok(shaken),
            Ok(Err(panic)) => {
                faults.say(&failed::by_panic(&*panic), peer);
                return None;
            }
            Err(elapsed) => Err(elapsed),
        };
        match shaken {
            // Boxed as the connections of other listeners are: HTTP is not compiled again for them.
            Ok(Ok(stream)) => return Some(Box::new(Eager(stream))),
            Ok(Err(Failed::NotTls(io))) => {
                faults.say(&failed::without_tls(heard), peer);
                if heard.is_request() {
                    let status = StatusCode::BAD_REQUEST;
                    door::farewell(io, &door::answer(status, &PLAIN_HTTP, &[], PLAIN)).await;
                }
            }
            Ok(Err(Failed::Handshake(error))) => faults.say(&failed::by_rustls(&error), peer),
            Ok(Err(Failed::Silent)) | Err(_) => faults.asked_nothing(peer, heard.words()),
        }
        None
    }

    /// The first bytes are read before rustls sees them, which would write an alert in front of a plain answer.
    async fn shake<S>(&self, mut io: S, heard: &mut Beginning) -> Result<TlsStream<Begun<S>>, Failed<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Ok(first) = io.read_u8().await else { return Err(Failed::Silent) };
        heard.hear(&[first]);
        if first == HANDSHAKE {
            let begun = Begun { first: Some(first), io };
            let shaken = self.0.accept_with(begun, |tls| tls.set_buffer_limit(Some(BUFFERED)));
            return shaken.await.map_err(Failed::Handshake);
        }
        while heard.may_be_known_later() {
            match io.read_u8().await {
                Ok(byte) => heard.hear(&[byte]),
                Err(_) => break,
            }
        }
        Err(Failed::NotTls(io))
    }
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::server::ResolvesServerCertUsingSni;

    use super::*;

    fn fitted_protocols(offered: &[&[u8]]) -> Vec<Vec<u8>> {
        let resolver = Arc::new(ResolvesServerCertUsingSni::new());
        let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = offered.iter().map(|protocol| protocol.to_vec()).collect();
        config.max_early_data_size = 1024;
        let fitted = fitted(config);
        assert_eq!(fitted.max_early_data_size, 0);
        fitted.alpn_protocols
    }

    #[test]
    fn a_protocol_that_the_server_speaks_is_always_offered() {
        assert_eq!(fitted_protocols(&[]), PROTOCOLS);
        assert_eq!(fitted_protocols(&[b"http/1.1"]), [b"http/1.1"]);
        assert_eq!(fitted_protocols(&[b"acme-tls/1"]), [&[&b"acme-tls/1"[..]], PROTOCOLS].concat());
        assert_eq!(fitted_protocols(&[b"h2"]), [PROTOCOLS[0]]);
    }
}
