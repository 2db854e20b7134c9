use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Weak},
    time::SystemTime,
};

use crate::{
    CloseCode,
    close::fitting_reason,
    connection::{Cell, Listed, Present, Progress},
};

/// One connection: what was known of it when it was listed, and a handle to close it.
///
/// The counts do not change any more; [`Connections::get`](super::Connections::get) reads them again. It does not keep the connection open.
#[derive(Clone)]
pub struct Connection {
    id: u64,
    present: Present,
    identity: Option<Arc<str>>,
    progress: Progress,
    cell: Weak<Cell>,
}

impl Connection {
    pub(crate) fn new(listed: &Listed) -> Self {
        let Listed { id, present, cell } = listed;
        Self {
            id: *id,
            present: present.clone(),
            identity: cell.identity().cloned(),
            progress: cell.progress(),
            cell: Arc::downgrade(cell),
        }
    }

    /// Its number: unique in the process, in the order of the handshakes, and the `id` of its span in the log.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The name of its handler.
    pub fn endpoint(&self) -> &'static str {
        self.present.endpoint()
    }

    /// The route of its endpoint, in axum's syntax.
    pub fn route(&self) -> &'static str {
        self.present.route()
    }

    /// Address of the TCP peer; see [`Handshake::peer`](crate::Handshake::peer).
    pub fn peer(&self) -> Option<SocketAddr> {
        self.present.peer()
    }

    /// Address of the client; see [`Handshake::client`](crate::Handshake::client).
    pub fn client(&self) -> Option<IpAddr> {
        self.present.client()
    }

    /// Who is connected, as the handler has passed it to [`Accept::identity`](crate::Accept::identity).
    pub fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }

    /// When the handler accepted, by the clock of the system.
    pub fn since(&self) -> SystemTime {
        self.present.since()
    }

    /// How many messages had arrived from the client.
    pub fn received(&self) -> u64 {
        self.progress.received
    }

    /// How many messages the handler had sent. Some of them may not be written yet.
    pub fn sent(&self) -> u64 {
        self.progress.sent
    }

    /// How many bytes of these messages the transport had not taken yet: the client reads more slowly than the handler sends. At
    /// most 64 KiB and one message.
    pub fn unsent_bytes(&self) -> u64 {
        self.progress.unsent_bytes
    }

    /// How many messages had arrived that the handler had not received: it is behind its client. At most 64, since no more are read
    /// ahead.
    pub fn unreceived(&self) -> usize {
        self.progress.unreceived
    }

    /// Closes it with this code and a reason of at most 123 bytes (a longer one is cut), as
    /// [`Socket::close`](crate::Socket::close) does, and returns at once. Messages that were sent before are written first; the handler
    /// receives the messages that were read before, and then `None`. Nothing happens if it is closing already.
    pub fn close(&self, code: CloseCode, reason: impl Into<String>) {
        self.closes(code, &reason.into());
    }

    /// Closes it, and returns whether it was not closing before.
    pub(super) fn closes(&self, code: CloseCode, reason: &str) -> bool {
        let cell = self.cell.upgrade();
        cell.is_some_and(|cell| cell.close(code, fitting_reason(reason).to_owned()))
    }

    /// Moves the end of the session; see [`Socket::renew`](crate::Socket::renew).
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// /// The user has a new token: all its pages stay connected.
    /// fn on_refresh(connections: &sockeye::Connections, user: &str, expiry: SystemTime) {
    ///     for one in connections.of(user) {
    ///         one.renew(expiry);
    ///     }
    /// }
    /// ```
    pub fn renew(&self, at: SystemTime) {
        if let Some(cell) = self.cell.upgrade() {
            cell.expire_at(at);
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("id", &self.id)
            .field("route", &self.route())
            .field("peer", &self.peer())
            .field("identity", &self.identity())
            .finish_non_exhaustive()
    }
}
