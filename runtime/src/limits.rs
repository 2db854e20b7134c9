use std::time::Duration;

#[cfg(feature = "compression")]
use crate::Compression;

/// Limits on sizes, times, rates and numbers of connections. Every value but the two rates and the idle
/// timeout is finite by default.
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
    /// `None`: the default, which is lowered if the process does not have enough descriptors.
    pub(crate) max_connections: Option<usize>,
    /// `None`: the default, which a smaller total lowers.
    pub(crate) max_connections_per_client: Option<usize>,
    /// `None`: the default, as above.
    pub(crate) max_http_connections: Option<usize>,
    pub(crate) max_http2_streams: u32,
    pub(crate) trusted_proxies: usize,
    /// `None`: no limit.
    pub(crate) max_message_rate: Option<Rate>,
    /// `None`: no limit.
    pub(crate) max_handshake_rate: Option<Rate>,
    pub(crate) max_open_calls: usize,
    /// `None`: no limit.
    pub(crate) idle_timeout: Option<Duration>,
    /// `None`: messages are not compressed.
    #[cfg(feature = "compression")]
    pub(crate) compression: Option<Compression>,
}

/// A rate of messages or handshakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) per_second: u32,
    pub(crate) burst: u32,
}

/// The default number of WebSockets for one client: many users share an address.
const PER_CLIENT: usize = 1_000;

/// The minimum number of clients that it takes to fill a server, by default.
pub(crate) const CLIENTS: usize = 4;

/// The default number of connections of either kind.
const IN_ALL: usize = 10_000;

impl Limits {
    /// The smallest buffer in which hyper reads a request head.
    pub(crate) const LEAST_HEAD: usize = 8 * 1024;

    /// The defaults: messages and heads of requests up to 64 KiB, 10 s for a handshake, 10 s for a send to make progress, 5 s for a close, 30 s for a
    /// handler to notice the end of its connection, 10 s to drain at shutdown, 10,000 WebSockets and 10,000 other HTTP connections, and for each
    /// client address 1,000 of either, but at most a quarter of the total. A connection can have 1,000 calls without an answer. There is no limit on the rate of messages or handshakes.
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
            max_http2_streams: 200,
            trusted_proxies: 0,
            max_message_rate: None,
            max_handshake_rate: None,
            max_open_calls: 1_000,
            idle_timeout: None,
            #[cfg(feature = "compression")]
            compression: None,
        }
    }

    /// The largest message that a connection receives, in bytes, whole or in fragments. A larger one closes it
    /// with 1009 (`message_too_big`).
    ///
    /// It also limits each frame: one that announces more is refused before any of it is buffered. Memory is reserved
    /// as a message arrives, not when it is announced.
    #[must_use]
    pub const fn max_message_size(mut self, bytes: usize) -> Self {
        self.max_message_size = bytes;
        self
    }

    /// The largest head of a request, in bytes, over HTTP/1.1 and HTTP/2: method, path and headers. A larger
    /// one gets status 431, or 414 if the path alone is too long (`head_too_large`). 64 KiB by default, at
    /// least 8 KiB.
    ///
    /// HTTP/2 counts 32 bytes more for each header (RFC 9113, section 6.5.2). Enforced only if Sockeye itself
    /// listens.
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

    /// The time in which a client must send the whole head of a request, from when it connects or gets its last
    /// response, and in which the handler must then accept or reject. A client that sends nothing, or sends too
    /// slowly, is disconnected. With `Server::tls`, a TLS handshake has the same time before that.
    #[must_use]
    pub const fn handshake_timeout(mut self, time: Duration) -> Self {
        self.handshake_timeout = finite(time);
        self
    }

    /// The time in which a client must read some of what is sent to it, over a WebSocket (`slow_consumer`) or
    /// as the response to an HTTP request (`slow_client`). A client must send more of an unfinished request
    /// body in the same time.
    ///
    /// A WebSocket client shows that it reads by answering the ping that follows the message in which 64 KiB are reached;
    /// so by default it must read so much in 10 s. Without pings ([`Heartbeat::off`](crate::Heartbeat::off)) and for HTTP,
    /// only the transport can tell, and TCP tells only when large buffers become free: a few hundred kilobytes of the
    /// client's, a third of up to 4 MiB of the server's.
    ///
    /// For HTTP, where this is enforced only if Sockeye itself listens, "some" means 64 bytes per second. Time
    /// in which the server has nothing to send, or does not wait for the body, does not count.
    #[must_use]
    pub const fn send_timeout(mut self, time: Duration) -> Self {
        self.send_timeout = finite(time);
        self
    }

    /// The time in which a client must answer a close frame.
    #[must_use]
    pub const fn close_timeout(mut self, time: Duration) -> Self {
        self.close_timeout = finite(time);
        self
    }

    /// The time in which a handler must notice that its connection is closed, by receiving or trying to send. A
    /// handler that awaits something else for all that time is dropped (`lingering_handler`); a handler that
    /// has noticed is left to finish.
    ///
    /// A handler that keeps running after it has rejected the handshake is dropped after the same time,
    /// whatever it does. Both are dropped earlier if as many handlers linger as
    /// [`max_connections`](Self::max_connections) allows.
    #[must_use]
    pub const fn handler_exit_timeout(mut self, time: Duration) -> Self {
        self.handler_exit_timeout = finite(time);
        self
    }

    /// The time in which open connections must end when the server stops. What is still open then is cut off.
    ///
    /// A handler that blocks its thread cannot be cut off; see [`Watchdog`](crate::Watchdog).
    #[must_use]
    pub const fn shutdown_timeout(mut self, time: Duration) -> Self {
        self.shutdown_timeout = finite(time);
        self
    }

    /// How many WebSockets can be open at once, including those that the handler has not accepted yet. One more
    /// is refused with status 503 (`server_full`).
    ///
    /// A place is free once the connection is closed or its handshake refused, even if the handler keeps running.
    /// As many handlers again can keep running. When one more client connects, the oldest handler that has not
    /// noticed its end is dropped (`lingering_handler`); if all have noticed, the new client is refused. So there
    /// are at most twice as many handlers.
    ///
    /// Each WebSocket needs a file descriptor. If Sockeye itself listens, it raises the soft limit of the process
    /// up to the hard limit. A limit that still does not fit is `invalid_limits` at startup; a default is lowered
    /// instead (`few_descriptors`).
    #[must_use]
    pub const fn max_connections(mut self, number: usize) -> Self {
        self.max_connections = Some(number);
        self
    }

    /// How many WebSockets one client can have open at once, and separately, how many other HTTP connections.
    /// One more is refused with status 429 (`client_limit`).
    ///
    /// As many handlers of the client again can keep running after their connection, as with
    /// [`max_connections`](Self::max_connections).
    ///
    /// A client is an IPv4 address, or the /64 network of an IPv6 address. The default is 1,000, or a quarter of
    /// the total if that is less, so that one client cannot take every place. Loopback addresses can take the
    /// total, up to 1,000: there it is a test, or a reverse proxy on the same machine. Clients of a Unix socket have
    /// no address, and count only towards the total. Behind a reverse proxy all
    /// clients have the address of the proxy: see [`trusted_proxies`](Self::trusted_proxies).
    #[must_use]
    pub const fn max_connections_per_client(mut self, number: usize) -> Self {
        self.max_connections_per_client = Some(number);
        self
    }

    /// How many TCP connections can be open at once that are not WebSockets: idle ones, those with a request in
    /// progress, and those with HTTP/2. One more gets 503 (`server_full`) and is closed.
    ///
    /// Counted only if Sockeye itself listens, not with `Checked::into_router`.
    #[must_use]
    pub const fn max_http_connections(mut self, number: usize) -> Self {
        self.max_http_connections = Some(number);
        self
    }

    /// How many streams one connection of HTTP/2 can have open at once: requests, and WebSockets (RFC 8441). The client is
    /// told the number with SETTINGS (RFC 9113 section 5.1.2); one more is refused with `REFUSED_STREAM`
    /// (`malformed_request`). 200 by default.
    ///
    /// Each WebSocket on a stream also counts as a connection of its client, as over HTTP/1.1: see
    /// [`max_connections_per_client`](Self::max_connections_per_client). Without the feature `http2`, or with
    /// `Checked::into_router`, it has no effect.
    ///
    /// ```
    /// let limits = sockeye::Limits::new().max_http2_streams(50);
    /// # let _ = limits;
    /// ```
    #[must_use]
    pub const fn max_http2_streams(mut self, number: u32) -> Self {
        self.max_http2_streams = number;
        self
    }

    /// How many of your own reverse proxies every request passes. Clients are then identified by the entry of
    /// `X-Forwarded-For` that the first of these proxies wrote, counted from the end of the header. 0 by
    /// default: the header is not read. Handlers get the address from
    /// [`Handshake::client`](crate::Handshake::client), and the log has it in the field `client`.
    ///
    /// A client that can bypass the proxies can forge the header; block direct access first. A request with
    /// fewer entries, or with an entry that is not an address, counts for the TCP peer.
    ///
    /// One peer can use at most half of the other HTTP connections for those on which no request with such an
    /// entry has arrived yet. Connections on which one has arrived, which are those of the proxy, count only
    /// towards the total.
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

    /// How many messages one connection may send per second, and how many at once after a pause. Pings count too, and answers to
    /// [`Sender::call`](crate::Sender::call); the answers to the server's pings do not. A faster client is closed with 1008 (`rate_limited`). No limit by default.
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

    /// How many handshakes one client may send per second, and how many at once after a pause. One more is refused with
    /// status 429 (`handshake_rate_limited`) and `Retry-After`, before the handler is called. No limit by default.
    ///
    /// A client is the same as for [`max_connections_per_client`](Self::max_connections_per_client), also on loopback and
    /// behind [`trusted_proxies`](Self::trusted_proxies). Handshakes count that would otherwise call a handler: not those
    /// that are refused for their form, host, origin, or subprotocol. A client whose address is unknown has no limit.
    ///
    /// All users behind one router or company gateway are one client, and reconnect at the same time after a restart of the server:
    /// the burst must be large enough for them.
    ///
    /// A client is forgotten once it could send a whole burst again, and at most 65,536 clients are remembered, so that the memory is
    /// bounded; while more are active, the limit is not exact.
    ///
    /// ```
    /// let limits = sockeye::Limits::new().max_handshake_rate(10, 200);
    /// # let _ = limits;
    /// ```
    #[must_use]
    pub const fn max_handshake_rate(mut self, per_second: u32, burst: u32) -> Self {
        self.max_handshake_rate = Some(Rate { per_second, burst });
        self
    }

    /// How many [calls](crate::Call) of one connection can be without an answer. One more is not received: the client gets an answer with an `error`
    /// (`too_many_calls`), and the connection goes on. 1,000 by default.
    ///
    /// A call is open from when it is received until its [`Answer`](crate::Answer) is queued, or its [`Responder`](crate::Responder) dropped. A handler that answers
    /// each call before it receives the next one has at most one; the limit is for those that answer in tasks, whose clients send calls and do not
    /// read the answers.
    ///
    /// ```
    /// let limits = sockeye::Limits::new().max_open_calls(50);
    /// # let _ = limits;
    /// ```
    #[must_use]
    pub const fn max_open_calls(mut self, number: usize) -> Self {
        self.max_open_calls = number;
        self
    }

    /// Compresses messages for clients that offer permessage-deflate (RFC 7692), as browsers do, and accepts compressed ones. Off by default; an endpoint
    /// turns it on for itself with `compression = "deflate"`, or off with `compression = off`. Needs the feature `compression`.
    ///
    /// [`max_message_size`](Self::max_message_size) counts the bytes of the message as the handler receives it: a few compressed bytes that would become
    /// more close the connection with 1009 before those are kept.
    ///
    /// ```
    /// use sockeye::{Compression, Limits};
    ///
    /// let limits = Limits::new().compression(Compression::deflate());
    /// # let _ = limits;
    /// ```
    #[cfg(feature = "compression")]
    #[must_use]
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// The time in which a client must send a message, or a part of one; pings and pongs do not count.
    /// Otherwise the connection is closed with 1001 (`idle_timeout`). No limit by default.
    ///
    /// Time in which nothing is read, because the handler or the client is behind, does not count either.
    /// Messages that the server sends do not matter: a client that only receives is idle too.
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

    /// The effective value of [`max_connections`](Self::max_connections).
    pub(crate) fn sockets(&self) -> usize {
        self.max_connections.unwrap_or(IN_ALL)
    }

    /// The effective value of [`max_http_connections`](Self::max_http_connections).
    pub(crate) fn http(&self) -> usize {
        self.max_http_connections.unwrap_or(IN_ALL)
    }

    /// The effective value of [`max_connections_per_client`](Self::max_connections_per_client), for WebSockets.
    pub(crate) fn of_one_client(&self) -> usize {
        self.share_of(self.sockets(), false)
    }

    /// How many out of this total one client may have.
    pub(crate) fn share_of(&self, total: usize, is_loopback: bool) -> usize {
        let most = if is_loopback { total } else { (total / CLIENTS).max(1) };
        self.max_connections_per_client.unwrap_or_else(|| most.min(PER_CLIENT))
    }
}

/// A duration that can be added to any instant: at most a hundred years.
pub(crate) const fn finite(time: Duration) -> Duration {
    const LONG: Duration = Duration::from_hours(100 * 365 * 24);
    if time.as_secs() < LONG.as_secs() { time } else { LONG }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
