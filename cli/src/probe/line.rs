//! The way to the server: one address, with or without TLS. Every handshake has a connection of its own.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ProtocolVersion, pki_types::ServerName},
};
use url::Host;

use super::{
    answer::{self, Answer},
    broken::Broken,
    request::{Ask, Request},
    target::Target,
};

/// A transport of either kind.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection on which nothing has been asked.
pub(super) struct Opened {
    pub(super) stream: Box<dyn Duplex>,
    /// The version of TLS.
    pub(super) version: Option<&'static str>,
}

/// How to reach the server, found out by the first steps.
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
        timeout(self.limit, self.connect()).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn connect(&self) -> io::Result<Opened> {
        let stream = TcpStream::connect(self.address).await?;
        // Small frames must not wait for each other.
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Opened { stream: Box::new(stream), version: None }) };
        let stream = tls.connect(self.server_name()?, stream).await?;
        let version = match stream.get_ref().1.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => Some("TLS 1.3"),
            Some(ProtocolVersion::TLSv1_2) => Some("TLS 1.2"),
            _ => None,
        };
        Ok(Opened { stream: Box::new(stream), version })
    }

    fn server_name(&self) -> io::Result<ServerName<'static>> {
        match &self.target.host {
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(io::Error::other),
            Host::Ipv4(address) => Ok(ServerName::IpAddress(std::net::IpAddr::from(*address).into())),
            Host::Ipv6(address) => Ok(ServerName::IpAddress(std::net::IpAddr::from(*address).into())),
        }
    }

    /// The origin of a page that was served by the same host, as the server sees that.
    pub(super) fn own_origin(&self) -> String {
        let host = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = host.map_or_else(|| self.target.authority(), |(_, host)| host.clone());
        format!("{}://{host}", if self.target.secure { "https" } else { "http" })
    }

    /// Asks for a WebSocket on a connection of its own.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Answer, Broken> {
        let Opened { mut stream, .. } = self.open().await.map_err(Broken::NotConnected)?;
        let request = Request::new(self, ask);
        let asked = async {
            stream.write_all(request.text.as_bytes()).await?;
            stream.flush().await
        };
        // A server may refuse before it has read everything: what it said is there to read, although the write failed.
        if timeout(self.limit, asked).await.is_err() {
            return Err(Broken::Silent(self.limit));
        }
        answer::read(stream, request.key, self.limit).await
    }
}
