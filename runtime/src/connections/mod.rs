//! The open connections of a server, for the program that owns them.

mod changes;
mod connection;

use std::fmt;

pub use changes::{ConnectionChange, ConnectionChanges};
pub use connection::Connection;

use crate::{
    CloseCode,
    connection::{Listed, Registry, WeakRegistry},
};

/// The open connections of a server: who is connected, since when, and how far behind.
///
/// Every handler can take it as `State<Connections>`, without a call of [`Server::state`](crate::Server::state); the rest of the program gets it from
/// [`Server::connections`](crate::Server::connections). A handshake has an identity if its handler passes one to
/// [`Accept::identity`](crate::Accept::identity).
///
/// It does not keep the server alive: when the server and all its handlers have ended, there are no connections.
///
/// ```no_run
/// use axum::{Router, extract::Path, routing::delete};
/// use sockeye::{CloseCode, Connections, Server, StartupError};
///
/// #[tokio::main]
/// async fn main() -> Result<(), StartupError> {
///     let server = Server::new();
///     let connections = server.connections();
///     let log_out = async move |Path(user): Path<String>| {
///         let closed = connections.close_all_of(&user, CloseCode::UNAUTHORIZED, "logged out");
///         format!("{closed} closed")
///     };
///     let router = Router::new().route("/sessions/{user}", delete(log_out));
///     server.router(router).serve("127.0.0.1:3000").await
/// }
/// ```
#[derive(Clone)]
pub struct Connections {
    registry: WeakRegistry,
}

impl Connections {
    pub(crate) fn new(registry: &Registry) -> Self {
        Self { registry: registry.downgrade() }
    }

    /// Every open connection, in the order of the handshakes. A handshake that is not answered yet, and a handler that keeps running after
    /// its connection, are none.
    ///
    /// ```
    /// # fn example(connections: &sockeye::Connections) {
    /// let behind = connections.list().into_iter().filter(|one| one.unsent_bytes() > 0);
    /// for one in behind {
    ///     println!("{} at {} is {} bytes behind", one.id(), one.route(), one.unsent_bytes());
    /// }
    /// # }
    /// ```
    pub fn list(&self) -> Vec<Connection> {
        self.listed(Registry::listed)
    }

    /// The connection with this [`id`](Connection::id), if it is open.
    pub fn get(&self, id: u64) -> Option<Connection> {
        let listed = self.registry.upgrade()?.listed_at(id)?;
        Some(Connection::new(&listed))
    }

    /// The open connections with this identity, in the order of the handshakes.
    ///
    /// ```no_run
    /// use axum::extract::State;
    /// use sockeye::{CloseCode, Connections, Handshake, ws_endpoint};
    /// # fn user_of(_: &Handshake) -> String { String::new() }
    ///
    /// /// Serves each user once: a new connection ends the earlier ones.
    /// #[ws_endpoint("/ws/once")]
    /// async fn once(handshake: Handshake, State(connections): State<Connections>) -> sockeye::Result {
    ///     let user = user_of(&handshake);
    ///     let mut socket = handshake.accept().identity(&user).await?;
    ///     for earlier in connections.of(&user).into_iter().filter(|one| one.id() < socket.id()) {
    ///         earlier.close(CloseCode::POLICY_VIOLATION, "connected elsewhere");
    ///     }
    ///     while socket.recv().await?.is_some() {}
    ///     Ok(())
    /// }
    /// ```
    pub fn of(&self, identity: &str) -> Vec<Connection> {
        self.listed(|registry| registry.listed_of(identity))
    }

    /// Closes every connection with this identity, and returns how many that are; see [`Connection::close`]. One that is closing already does not count, and keeps its code.
    pub fn close_all_of(&self, identity: &str, code: CloseCode, reason: impl Into<String>) -> usize {
        let reason = reason.into();
        self.of(identity).iter().filter(|one| one.closes(code, &reason)).count()
    }

    /// How many connections are open.
    pub fn len(&self) -> usize {
        self.registry.upgrade().map_or(0, |registry| registry.open().values().sum())
    }

    /// Whether no connection is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The connections that open and close from now on, as a `Stream`.
    ///
    /// To know all, call this before [`list`](Self::list): a connection that opens in between is in both.
    pub fn changes(&self) -> ConnectionChanges {
        let changes = self.registry.upgrade().map(|registry| registry.changes());
        ConnectionChanges::new(changes)
    }

    fn listed(&self, list: impl FnOnce(&Registry) -> Vec<Listed>) -> Vec<Connection> {
        let listed = self.registry.upgrade().map(|registry| list(&registry)).unwrap_or_default();
        listed.iter().map(Connection::new).collect()
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("len", &self.len()).finish()
    }
}
