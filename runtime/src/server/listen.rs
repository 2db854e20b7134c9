use std::{
    io::{self, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use sockeye_rules::render::count;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, ToSocketAddrs, lookup_host},
};

use super::{consoled::Console, development, moments::Listening};
use crate::startup::{Problem, bind_failed, unresolved};

/// The source of connections: a port, or the pipes of a test.
pub(crate) trait Listen {
    type Io: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// The next connection and its peer.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, SocketAddr)>> + Send;

    /// The port that browsers connect to, if there is one.
    fn port(&self) -> Option<u16> {
        None
    }
}

impl Listen for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        // A small message must not wait for the acknowledgement of the previous one.
        let _without_delay_if_possible = stream.set_nodelay(true);
        Ok((stream, peer))
    }

    fn port(&self) -> Option<u16> {
        self.local_addr().ok().map(|address| address.port())
    }
}

/// Listens on the first address that works.
pub(super) async fn bind(address: impl ToSocketAddrs, is_development: bool) -> Result<TcpListener, Problem> {
    let addresses: Vec<_> = lookup_host(address).await.map_err(|error| unresolved(&error))?.collect();
    if let Some(problem) = development::exposed(&addresses).filter(|_| is_development) {
        return Err(problem);
    }
    let mut failed = None;
    for address in addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = Some(bind_failed(address, &error)),
        }
    }
    Err(failed.unwrap_or_else(|| unresolved(&io::Error::other("it resolves to no address"))))
}

/// The only lines that a successful start prints. Also calls the user's function with the address.
pub(super) fn announce(
    listener: &TcpListener,
    endpoints: usize,
    console: Option<&Console>,
    listening: Option<Listening>,
) {
    let Ok(address) = listener.local_addr() else { return };
    // Standard error may be closed, which is no reason not to serve.
    let _ = writeln!(io::stderr(), "sockeye: {} on ws://{address}", count(endpoints, "endpoint"));
    if let Some(console) = console {
        let _ = writeln!(io::stderr(), "sockeye: {}", place(console, address));
    }
    if let Some(listening) = listening {
        listening(address);
    }
}

/// Where the console is, or why no one can open it.
fn place(console: &Console, address: SocketAddr) -> String {
    let (path, here) = (console.path(), here(address));
    if console.is_remote() || here.ip().to_canonical().is_loopback() {
        return format!("console on http://{here}{path}");
    }
    format!(
        "no one can use the console at `{path}`: its clients need a loopback address, and the server listens on {address} only; \
         listen on 0.0.0.0 or 127.0.0.1, or write `Console::at(\"{path}\").allow_remote()`"
    )
}

/// The address as a browser on this machine reaches it.
fn here(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}

#[cfg(all(test, feature = "console"))]
mod tests {
    use super::{Console, place};

    #[test]
    fn the_console_is_announced_where_it_can_be_opened() {
        let local = Console::at("/_sockeye");
        for (address, console, told) in [
            ("127.0.0.1:3000", &local, "console on http://127.0.0.1:3000/_sockeye"),
            ("0.0.0.0:3000", &local, "console on http://127.0.0.1:3000/_sockeye"),
            ("[::]:3000", &local, "console on http://[::1]:3000/_sockeye"),
            ("10.1.2.3:3000", &local.clone().allow_remote(), "console on http://10.1.2.3:3000/_sockeye"),
            (
                "10.1.2.3:3000",
                &local,
                "no one can use the console at `/_sockeye`: its clients need a loopback address, and the server listens on \
                 10.1.2.3:3000 only; listen on 0.0.0.0 or 127.0.0.1, or write `Console::at(\"/_sockeye\").allow_remote()`",
            ),
        ] {
            assert_eq!(place(console, address.parse().unwrap()), told, "{address}");
        }
    }
}
