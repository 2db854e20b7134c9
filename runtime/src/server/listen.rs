use std::{
    io::{self, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use sockeye_rules::render::count;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, ToSocketAddrs, lookup_host},
};

use super::{consoled::Console, moments::Listening, place::Place};
use crate::startup::{Problem, bind_failed, unresolved};

/// The source of connections: a port, a listener of the user's, or the pipes of a test.
pub(crate) trait Listen {
    type Io: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// The next connection and its peer, if that has an address.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, Option<SocketAddr>)>> + Send;

    /// Where it listens, if that is known.
    fn place(&self) -> Option<Place> {
        None
    }
}

impl Listen for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Option<SocketAddr>)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        undelayed(&stream);
        Ok((stream, Some(peer)))
    }

    fn place(&self) -> Option<Place> {
        self.local_addr().ok().map(Place::Address)
    }
}

/// A small message must not wait for the acknowledgement of the previous one.
pub(super) fn undelayed(stream: &TcpStream) {
    let _without_delay_if_possible = stream.set_nodelay(true);
}

/// What the address stands for.
pub(super) async fn resolve(address: impl ToSocketAddrs) -> Result<Vec<SocketAddr>, Problem> {
    lookup_host(address).await.map(Iterator::collect).map_err(|error| unresolved(&error))
}

/// Listens on the first address that works.
pub(super) async fn bind(addresses: Vec<SocketAddr>) -> Result<TcpListener, Problem> {
    let mut failed = None;
    for address in addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = Some(bind_failed(address, &error)),
        }
    }
    Err(failed.unwrap_or_else(|| unresolved(&io::Error::other("it resolves to no address"))))
}

/// The schemes of the URLs of a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schemes {
    http: &'static str,
    websocket: &'static str,
}

impl Schemes {
    pub(super) const PLAIN: Self = Self { http: "http", websocket: "ws" };
    pub(super) const TLS: Self = Self { http: "https", websocket: "wss" };

    /// Where clients of WebSockets connect to. What is not an address has no URL.
    fn url(self, place: &Place) -> String {
        match place {
            Place::Address(address) => format!("{}://{address}", self.websocket),
            Place::Elsewhere(words) => words.clone(),
        }
    }
}

/// The only lines that a successful start prints. Also calls the user's function with the address, if there is one.
pub(super) fn announce(
    place: &Place,
    schemes: Schemes,
    endpoints: usize,
    console: Option<&Console>,
    listening: Option<Listening>,
) {
    // Standard error may be closed, which is no reason not to serve.
    let _ = writeln!(io::stderr(), "sockeye: {} on {}", count(endpoints, "endpoint"), schemes.url(place));
    if let Some(console) = console {
        let _ = writeln!(io::stderr(), "sockeye: {}", where_is(console, place, schemes));
    }
    if let (Some(listening), Some(address)) = (listening, place.address()) {
        listening(address);
    }
}

/// Where the console is, or why no one can open it.
fn where_is(console: &Console, place: &Place, schemes: Schemes) -> String {
    let path = console.path();
    match place.address().map(here) {
        Some(here) if console.is_remote() || here.ip().to_canonical().is_loopback() => {
            return format!("console on {}://{here}{path}", schemes.http);
        }
        None if console.is_remote() => return format!("console at `{path}`"),
        _ => {}
    }
    format!(
        "no one can use the console at `{path}`: its clients need a loopback address, and the server listens on {place} only; \
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
    use super::{Console, Place, Schemes, where_is};

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
            let place = Place::Address(address.parse().unwrap());
            assert_eq!(where_is(console, &place, Schemes::PLAIN), told, "{address}");
            let told = told.replace("http://", "https://");
            assert_eq!(where_is(console, &place, Schemes::TLS), told, "{address}");
        }
    }

    #[test]
    fn the_scheme_says_whether_it_speaks_tls() {
        let place = Place::Address("127.0.0.1:3000".parse().unwrap());
        assert_eq!(Schemes::PLAIN.url(&place), "ws://127.0.0.1:3000");
        assert_eq!(Schemes::TLS.url(&place), "wss://127.0.0.1:3000");
        let place = Place::Elsewhere("unix:/run/chat.sock".to_owned());
        assert_eq!(Schemes::TLS.url(&place), "unix:/run/chat.sock");
    }

    #[test]
    fn without_an_address_only_others_can_open_it() {
        let place = Place::Elsewhere("unix:/run/chat.sock".to_owned());
        let local = Console::at("/_sockeye");
        assert!(
            where_is(&local, &place, Schemes::PLAIN)
                .contains("the server listens on unix:/run/chat.sock only")
        );
        assert_eq!(where_is(&local.allow_remote(), &place, Schemes::PLAIN), "console at `/_sockeye`");
    }
}
