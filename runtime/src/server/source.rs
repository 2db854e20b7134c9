//! Listeners of any type, behind one that does not depend on it: the server is compiled once, not once for each.

use std::{
    any::{Any, TypeId},
    io,
    net::SocketAddr,
    pin::Pin,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

use super::{
    listen::{Listen, undelayed},
    place::Place,
};

/// A listener that was passed to `serve_on`.
pub(super) enum Source {
    Tcp(TcpListener),
    Other(Other),
}

/// A listener that is not a plain TCP listener.
pub(super) struct Other {
    listener: Box<dyn Accept>,
    pub(super) knows_addresses: bool,
}

impl Source {
    pub(super) fn new<L: Listener>(listener: L) -> Self {
        let listener: Box<dyn Any + Send> = Box::new(listener);
        let listener = match listener.downcast::<TcpListener>() {
            Ok(listener) => return Self::Tcp(*listener),
            Err(listener) => listener,
        };
        #[cfg(unix)]
        let listener = match listener.downcast::<tokio::net::UnixListener>() {
            Ok(listener) => return Self::Other(Other { listener, knows_addresses: false }),
            Err(listener) => listener,
        };
        let listener: Box<L> = listener.downcast().expect("it is what it was");
        let knows_addresses = TypeId::of::<L::Addr>() == TypeId::of::<SocketAddr>();
        Self::Other(Other { listener: Box::new(Foreign(*listener)), knows_addresses })
    }

    pub(super) fn place(&self) -> Option<Place> {
        match self {
            Self::Tcp(listener) => listener.place(),
            Self::Other(other) => other.place(),
        }
    }
}

/// A connection of any transport.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

impl std::fmt::Debug for dyn Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transport")
    }
}

type Accepted = io::Result<(Box<dyn Transport>, Option<SocketAddr>)>;

/// [`Listen`] without its types.
trait Accept: Send {
    fn accept(&mut self) -> Pin<Box<dyn Future<Output = Accepted> + Send + '_>>;

    fn place(&self) -> Option<Place>;
}

impl Listen for Other {
    type Io = Box<dyn Transport>;

    async fn accept(&mut self) -> Accepted {
        self.listener.accept().await
    }

    fn place(&self) -> Option<Place> {
        self.listener.place()
    }
}

/// Its errors are Sockeye's to log, as those of a TCP listener.
#[cfg(unix)]
impl Accept for tokio::net::UnixListener {
    fn accept(&mut self) -> Pin<Box<dyn Future<Output = Accepted> + Send + '_>> {
        Box::pin(async {
            let (stream, _unnamed) = Self::accept(self).await?;
            Ok((Box::new(stream) as Box<dyn Transport>, None))
        })
    }

    fn place(&self) -> Option<Place> {
        self.local_addr().ok().map(|address| Place::of(&address))
    }
}

/// A listener that logs and retries on its own, as axum asks for.
struct Foreign<L>(L);

impl<L: Listener> Accept for Foreign<L> {
    fn accept(&mut self) -> Pin<Box<dyn Future<Output = Accepted> + Send + '_>> {
        Box::pin(async {
            let (io, peer) = self.0.accept().await;
            if let Some(stream) = (&io as &dyn Any).downcast_ref::<TcpStream>() {
                undelayed(stream);
            }
            let peer = (&peer as &dyn Any).downcast_ref::<SocketAddr>().copied();
            Ok((Box::new(io) as Box<dyn Transport>, peer))
        })
    }

    fn place(&self) -> Option<Place> {
        self.0.local_addr().ok().map(|address| Place::of(&address))
    }
}
