use std::time::Duration;

/// How much and how long the server lets a connection take. Every value is finite by default.
///
/// ```
/// use std::time::Duration;
/// use sockeye::Limits;
///
/// let limits = Limits::new().max_message_size(1024 * 1024).handshake_timeout(Duration::from_secs(3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub(crate) max_message_size: usize,
    pub(crate) max_request_head_size: usize,
    pub(crate) handshake_timeout: Duration,
    pub(crate) send_timeout: Duration,
    pub(crate) close_timeout: Duration,
    pub(crate) handler_exit_timeout: Duration,
    pub(crate) shutdown_timeout: Duration,
    /// `None`: the default, which is lowered where the process may not have as many descriptors.
    pub(crate) max_connections: Option<usize>,
    /// `None`: the default, which a smaller total makes smaller.
    pub(crate) max_connections_per_client: Option<usize>,
    /// `None`: the default, as above.
    pub(crate) max_http_connections: Option<usize>,
    pub(crate) trusted_proxies: usize,
    /// `None`: no limit.
    pub(crate) max_message_rate: Option<Rate>,
    /// `None`: no limit.
    pub(crate) idle_timeout: Option<Duration>,
}

/// A rate of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) per_second: u32,
    pub(crate) burst: u32,
}

/// How many WebSockets one client may have unless the user says otherwise: many people share an address.
const PER_CLIENT: usize = 1_000;

/// How many connections of either kind there may be unless the user says otherwise.
const IN_ALL: usize = 10_000;

impl Limits {
    /// The smallest buffer in which hyper reads a head.
    pub(crate) const LEAST_HEAD: usize = 8 * 1024;

    /// The defaults: messages and heads of requests up to 64 KiB, 10 s for a handshake, 10 s for a send to make progress, 5 s for a close,
    /// 30 s for a handler to notice its end, 10 s to drain at shutdown, 10,000 WebSockets and as many other HTTP connections, 1,000 of either for each client
    /// address, messages as fast as they come.
    pub const fn new() -> Self {
        Self {
            max_message_size: 64 * 1024,
            max_request_head_size: 64 * 1024,
            handshake_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(5),
            handler_exit_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(10),
            max_connections: None,
            max_connections_per_client: None,
            max_http_connections: None,
            trusted_proxies: 0,
            max_message_rate: None,
            idle_timeout: None,
        }
    }

    /// The largest message that is received, in bytes, whole or in fragments. A larger one closes with 1009 (`message_too_big`).
    ///
    /// It bounds each frame as well: one that announces more is refused before any of it is kept. Memory is reserved as a message
    /// comes, not when it is announced.
    #[must_use]
    pub const fn max_message_size(mut self, bytes: usize) -> Self {
        self.max_message_size = bytes;
        self
    }

    /// The largest head of a request, in bytes, over HTTP/1.1 and HTTP/2: method, path and headers. A larger one is answered with status
    /// 431, or 414 where the path alone is too long (`head_too_large`). 64 KiB by default, and 8 KiB at least.
    ///
    /// HTTP/2 counts 32 bytes more for each header (RFC 9113, section 6.5.2). Watched where Sockeye listens itself.
    ///
    /// ```
    /// // Single sign-on with large cookies.
    /// let limits = sockeye::Limits::new().max_request_head_size(128 * 1024);
    /// # let _ = limits;
    /// ```
    #[must_use]
    pub const fn max_request_head_size(mut self, bytes: usize) -> Self {
        self.max_request_head_size = bytes;
        self
    }

    /// The time a client has, from its connection or its last answer on, to send the whole head of a request, and then the
    /// handler to accept or refuse. A client that says nothing, or only a little at a time, is disconnected.
    #[must_use]
    pub const fn handshake_timeout(mut self, time: Duration) -> Self {
        self.handshake_timeout = finite(time);
        self
    }

    /// The time within which a client must take some of what is being sent to it: on a WebSocket (`slow_consumer`), and of an
    /// answer to an HTTP request (`slow_client`). A client that owes the rest of a request's body must send some of it within
    /// the same time.
    ///
    /// For HTTP, which is watched where Sockeye listens itself, "some" is 64 bytes per second. Time in which the server has
    /// nothing to send, or does not wait for the body, does not count.
    #[must_use]
    pub const fn send_timeout(mut self, time: Duration) -> Self {
        self.send_timeout = finite(time);
        self
    }

    /// The time a client has to answer a close frame.
    #[must_use]
    pub const fn close_timeout(mut self, time: Duration) -> Self {
        self.close_timeout = finite(time);
        self
    }

    /// The time within which a handler must notice that its connection is over: it receives, or tries to send. One that waits
    /// for something else all that time is dropped there (`lingering_handler`); one that has noticed is left to finish.
    ///
    /// A handler that goes on after it has refused is dropped after the same time, whatever it does. Both are dropped earlier where as
    /// many handlers go on as [`max_connections`](Self::max_connections) allows.
    #[must_use]
    pub const fn handler_exit_timeout(mut self, time: Duration) -> Self {
        self.handler_exit_timeout = finite(time);
        self
    }

    /// The time that open connections have to end when the server stops; what is left then is cut off.
    ///
    /// A handler that blocks its thread cannot be cut off; what happens then is up to the [`Watchdog`](crate::Watchdog).
    #[must_use]
    pub const fn shutdown_timeout(mut self, time: Duration) -> Self {
        self.shutdown_timeout = finite(time);
        self
    }

    /// How many WebSockets may be open at once, those included whose handler has not accepted yet. One more is refused
    /// with status 503 (`server_full`).
    ///
    /// A place is free when the connection is over, or its handshake refused, whatever the handler still does. Of handlers that go
    /// on there may be as many again. When one more connects the oldest that has not noticed its end is dropped
    /// (`lingering_handler`). Where all have noticed, the new one is refused. So there are at most twice as many handlers.
    ///
    /// Each needs a file descriptor. Where Sockeye listens itself it raises the process's soft limit as far as the hard one;
    /// what does not fit then is `invalid_limits` at startup, and a default is lowered instead (`few_descriptors`).
    #[must_use]
    pub const fn max_connections(mut self, number: usize) -> Self {
        self.max_connections = Some(number);
        self
    }

    /// How many WebSockets one client may have open at once, and, apart from them, how many other HTTP connections. One
    /// more is refused with status 429 (`client_limit`).
    ///
    /// Of its handlers that go on after their connection there may be as many again, as with
    /// [`max_connections`](Self::max_connections).
    ///
    /// A client is an IPv4 address, or the /64 network of an IPv6 address. The default is 1,000, or the total if that is
    /// less. Behind a reverse proxy all clients have the proxy's address: see [`trusted_proxies`](Self::trusted_proxies).
    #[must_use]
    pub const fn max_connections_per_client(mut self, number: usize) -> Self {
        self.max_connections_per_client = Some(number);
        self
    }

    /// How many TCP connections may be open at once that have not become a WebSocket: those that have asked nothing yet, that
    /// are being answered, or that speak HTTP/2. One more is answered 503 (`server_full`) and closed.
    ///
    /// Counted where Sockeye listens itself, not behind `Checked::into_router`.
    #[must_use]
    pub const fn max_http_connections(mut self, number: usize) -> Self {
        self.max_http_connections = Some(number);
        self
    }

    /// How many reverse proxies of one's own every request passes: clients are then told apart by the entry that the first
    /// of them wrote into `X-Forwarded-For`, counted from the end of the header. 0 by default: the header is not read.
    /// [`Handshake::client`](crate::Handshake::client) gives that address to handlers, and the log has it in the field `client`.
    ///
    /// A client that can reach the server past the proxies can write there what it likes; close that way first. A request
    /// with fewer entries, or an entry that is no address, counts for the TCP peer.
    ///
    /// Of the places for other HTTP connections one peer has at most half, for connections on which no request with such an
    /// entry has come yet. Those of the proxy, on which one has, count in the total only.
    ///
    /// ```
    /// // nginx with `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;` in front
    /// let limits = sockeye::Limits::new().trusted_proxies(1).max_connections_per_client(20);
    /// # let _ = limits;
    /// ```
    #[must_use]
    pub const fn trusted_proxies(mut self, number: usize) -> Self {
        self.trusted_proxies = number;
        self
    }

    /// How many messages one connection may send per second, and how many at once after a pause. Pings count too, the
    /// answers to the server's pings do not. A faster client is closed with 1008 (`rate_limited`). No limit by default.
    ///
    /// ```
    /// let limits = sockeye::Limits::new().max_message_rate(20, 100);
    /// # let _ = limits;
    /// ```
    #[must_use]
    pub const fn max_message_rate(mut self, per_second: u32, burst: u32) -> Self {
        self.max_message_rate = Some(Rate { per_second, burst });
        self
    }

    /// The time within which a client must send a message, or a part of one; pings and pongs do not count. One that does not is
    /// closed with 1001 (`idle_timeout`). No limit by default.
    ///
    /// Time in which nothing is read, because the handler or the client is behind, does not count either. What the server sends is no
    /// sign of the client: a client that only listens is idle too.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let limits = sockeye::Limits::new().idle_timeout(Duration::from_secs(600));
    /// # let _ = limits;
    /// ```
    #[must_use]
    pub const fn idle_timeout(mut self, time: Duration) -> Self {
        self.idle_timeout = Some(finite(time));
        self
    }

    /// What [`max_connections`](Self::max_connections) comes to.
    pub(crate) fn sockets(&self) -> usize {
        self.max_connections.unwrap_or(IN_ALL)
    }

    /// What [`max_http_connections`](Self::max_http_connections) comes to.
    pub(crate) fn http(&self) -> usize {
        self.max_http_connections.unwrap_or(IN_ALL)
    }

    /// What [`max_connections_per_client`](Self::max_connections_per_client) comes to.
    pub(crate) fn of_one_client(&self) -> usize {
        self.max_connections_per_client.unwrap_or_else(|| self.sockets().min(PER_CLIENT))
    }
}

/// A time that can be added to any instant: at most a hundred years.
pub(crate) const fn finite(time: Duration) -> Duration {
    const LONG: Duration = Duration::from_hours(100 * 365 * 24);
    if time.as_secs() < LONG.as_secs() { time } else { LONG }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
