//! One server, and the way to it.

use std::{fmt, io, path::PathBuf};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

use crate::trust::Trust;

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Server {
    Tcp { host: String, port: u16, is_secure: bool },
    Unix(PathBuf),
}

/// A connection, whatever it goes through.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Server {
    pub(crate) async fn connect(&self, trust: &Trust) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Tcp { host, port, is_secure } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                // Requests are written as a whole.
                stream.set_nodelay(true)?;
                if *is_secure { trust.secure(host, stream).await } else { Ok(Box::new(stream)) }
            }
            Self::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port, .. } if host.contains(':') => write!(f, "Redis at [{host}]:{port}"),
            Self::Tcp { host, port, .. } => write!(f, "Redis at {host}:{port}"),
            Self::Unix(path) => write!(f, "Redis at {}", path.display()),
        }
    }
}
