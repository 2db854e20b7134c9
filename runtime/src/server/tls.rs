//! The TLS handshake of a connection, and the answer to a client that speaks plain HTTP.

mod begun;
mod eager;
mod failed;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use http::StatusCode;
use sockeye_rules::PLAIN_HTTP;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server::TlsStream};

use self::{begun::Begun, eager::Eager};
use super::{beginning::Beginning, door, faults::Faults, source::Transport};

/// The first byte of a TLS record with a handshake message (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 0x16;

/// How much may wait to be written behind a full transport: one record (RFC 8446, section 5.1). Whatever waits there counts as taken by the
/// client, and takes memory for each that is slow.
const BUFFERED: usize = 16 * 1024;

/// For a request without TLS.
const PLAIN: &str = "request refused [plain_http]: this port speaks TLS: use `wss://` or `https://`\n";

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
    /// Without protocols in the configuration, offers those that the server speaks.
    pub(super) fn new(mut config: ServerConfig) -> Self {
        if config.alpn_protocols.is_empty() {
            #[cfg(feature = "http2")]
            config.alpn_protocols.push(b"h2".to_vec());
            config.alpn_protocols.push(b"http/1.1".to_vec());
        }
        Self(TlsAcceptor::from(Arc::new(config)))
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
        match timeout(limit, self.shake(io, &mut heard)).await {
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
