//! A connection to the server, with or without TLS, on which nothing has been sent.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ProtocolVersion, pki_types::ServerName},
};
use url::Host;

/// A transport of either kind.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection on which nothing has been sent.
pub(super) struct Opened {
    pub(super) stream: Box<dyn Duplex>,
    /// The version of TLS.
    pub(super) version: Option<&'static str>,
}

/// Connects, and speaks TLS if there is a connector.
pub(super) async fn connect(
    address: SocketAddr,
    tls: Option<&TlsConnector>,
    host: &Host<String>,
) -> io::Result<Opened> {
    let stream = TcpStream::connect(address).await?;
    // Small frames must not be delayed.
    stream.set_nodelay(true)?;
    let Some(tls) = tls else { return Ok(Opened { stream: Box::new(stream), version: None }) };
    let stream = tls.connect(server_name(host)?, stream).await?;
    let version = match stream.get_ref().1.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => Some("TLS 1.3"),
        Some(ProtocolVersion::TLSv1_2) => Some("TLS 1.2"),
        _ => None,
    };
    Ok(Opened { stream: Box::new(stream), version })
}

fn server_name(host: &Host<String>) -> io::Result<ServerName<'static>> {
    match host {
        Host::Domain(name) => ServerName::try_from(name.clone()).map_err(io::Error::other),
        Host::Ipv4(address) => Ok(ServerName::IpAddress(std::net::IpAddr::from(*address).into())),
        Host::Ipv6(address) => Ok(ServerName::IpAddress(std::net::IpAddr::from(*address).into())),
    }
}
