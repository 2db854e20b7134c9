//! The route to the server: one address, with or without TLS. Every handshake has its own connection.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{io::AsyncWriteExt as _, time::timeout};
use tokio_rustls::TlsConnector;

use super::{
    answer::{self, Answer},
    broken::Broken,
    request::{Ask, Request},
    target::Target,
    transport::{self, Opened},
};

/// How to reach the server, as the first steps have found.
pub(super) struct Line {
    pub(super) target: Target,
    pub(super) address: SocketAddr,
    pub(super) tls: Option<TlsConnector>,
    /// Sent with each handshake.
    pub(super) headers: Vec<(String, String)>,
    /// For each step.
    pub(super) limit: Duration,
}

impl Line {
    /// A new connection, with TLS if the address asks for it.
    pub(super) async fn open(&self) -> io::Result<Opened> {
        timeout(self.limit, transport::connect(self.address, self.tls.as_ref(), &self.target.host))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// The origin of a page from the same host, as the server sees it.
    pub(super) fn own_origin(&self) -> String {
        let host = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = host.map_or_else(|| self.target.authority(), |(_, host)| host.clone());
        format!("{}://{host}", if self.target.secure { "https" } else { "http" })
    }

    /// Sends a handshake on a new connection.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Answer, Broken> {
        let Opened { mut stream, .. } = self.open().await.map_err(Broken::NotConnected)?;
        let request = Request::new(&self.target, &self.headers, ask);
        let asked = async {
            stream.write_all(request.text.as_bytes()).await?;
            stream.flush().await
        };
        // A server may refuse before it has read everything: its response can be read, although the write failed.
        if timeout(self.limit, asked).await.is_err() {
            return Err(Broken::Silent(self.limit));
        }
        answer::read(stream, request.key, self.limit).await
    }
}
