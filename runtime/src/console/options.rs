/// A page for developers, at a path of the server: what `/docs` is to a REST API, for WebSockets. Needs the cargo feature `console`.
///
/// It lists the endpoints with their documentation and the schemas of their messages, opens sockets to any of them, sends messages
/// made from the schema, and shows the answers. It shows counters, open connections, the last refused handshakes with rule and
/// remedy, how connections ended, and the topics of every [`Hub`](crate::Hub) of the process with their subscribers and lag.
/// [`Server::console`](crate::Server::console) takes it.
///
/// Only clients on the same machine may use it, by an address, a name of loopback, or a host that the server knows
/// ([`Server::hosts`](crate::Server::hosts), [`Server::public_url`](crate::Server::public_url)). Behind a proxy on the same machine each
/// client looks like one on this machine, so a request that shows signs of a proxy is refused: a header that proxies add (such as
/// `X-Forwarded-For`, `Forwarded`, or `Via`), HTTP/1.0, a `Connection` header other than `keep-alive`, or a name of the server at
/// another port than its own, or whose public URL has another scheme. A proxy with none of these is not noticed: do not turn the console
/// on behind one. Whoever is refused gets status 403 or 421 with the rule `console_refused`. Your [layers](crate::Server::layer)
/// apply to it.
///
/// It shows no headers, no query strings, and no messages of other connections. At most 200 refusals, 200 ended and 500 open
/// connections, and 200 topics of each of 100 hubs are listed; counters count all.
///
/// ```
/// use axum::extract::Path;
/// use sockeye::{Console, Handshake, Server, ws_endpoint};
///
/// /// Echoes what is said in a room.
/// #[ws_endpoint("/ws/rooms/{room}")]
/// async fn room(handshake: Handshake, Path(_room): Path<String>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(message) = socket.recv().await? {
///         socket.send(message).await?;
///     }
///     Ok(())
/// }
///
/// // Open http://127.0.0.1:3000/_sockeye.
/// let server = Server::new().console("/_sockeye");
/// // Behind a layer that asks for a password.
/// let remote = Server::new().console(Console::at("/_sockeye").allow_remote());
/// # let _ = (server, remote);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "pass it to `Server::console`"]
pub struct Console {
    pub(crate) path: String,
    pub(crate) is_remote: bool,
}

impl Console {
    /// A console at this path, for clients on the same machine.
    pub fn at(path: impl Into<String>) -> Self {
        Self { path: path.into(), is_remote: false }
    }

    /// Clients on other machines may use it, too: everyone who can reach the server, unless a [layer](crate::Server::layer) keeps
    /// them out. The rule for hosts and origins still applies.
    pub fn allow_remote(mut self) -> Self {
        self.is_remote = true;
        self
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn is_remote(&self) -> bool {
        self.is_remote
    }
}

impl From<&str> for Console {
    fn from(path: &str) -> Self {
        Self::at(path)
    }
}

impl From<String> for Console {
    fn from(path: String) -> Self {
        Self::at(path)
    }
}
