use std::time::Duration;

use crate::limits::finite;

/// Pings that find out whether a silent peer is still there (RFC 6455 section 5.5.2).
///
/// A connection of HTTP/2 with open streams gets a `PING` (RFC 9113 section 6.7) as well, after the server's interval; the time to answer it is the
/// interval and the timeout together, since it waits behind everything that was written before.
///
/// A ping also follows every 64 KiB that is sent. Its pong shows that a slow peer is still reading, see
/// [`Limits::send_timeout`](crate::Limits::send_timeout).
///
/// ```
/// use std::time::Duration;
/// use sockeye::Heartbeat;
///
/// let eager = Heartbeat::every(Duration::from_secs(5)).timeout(Duration::from_secs(2));
/// let none = Heartbeat::off();
/// assert_ne!(eager, none);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// `None`: no heartbeat.
    pub(crate) interval: Option<Duration>,
    pub(crate) timeout: Duration,
    /// `None`: not set.
    pub(crate) message_interval: Option<Duration>,
}

const MESSAGE_INTERVAL: Duration = Duration::from_secs(30);

impl Heartbeat {
    /// A ping after this much silence, and 10 s to answer it.
    pub const fn every(interval: Duration) -> Self {
        Self { interval: Some(finite(interval)), timeout: Duration::from_secs(10), message_interval: None }
    }

    /// No pings: a peer that lost its network stays connected until a send fails, and a slow one is judged by the
    /// transport alone.
    pub const fn off() -> Self {
        Self { interval: None, timeout: Duration::from_secs(10), message_interval: None }
    }

    /// The time in which the peer must answer a ping.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = finite(timeout);
        self
    }

    /// The interval of heartbeat messages, which a script can see: on endpoints with the option `heartbeat_message`
    /// without a value, the server sends a message after this much silence. 30 s unless set; at least 1 ms. Without such an endpoint it has
    /// no effect, and the server warns of that when it starts (`no_heartbeat_message`).
    ///
    /// ```
    /// use std::time::Duration;
    /// use sockeye::{Heartbeat, Server};
    ///
    /// let server = Server::new().heartbeat(Heartbeat::default().message_interval(Duration::from_secs(5)));
    /// # let _ = server;
    /// ```
    #[must_use]
    pub const fn message_interval(mut self, interval: Duration) -> Self {
        self.message_interval = Some(finite(interval));
        self
    }

    /// The interval of heartbeat messages in force, for endpoints without one of their own.
    pub(crate) fn message_interval_or_default(&self) -> Duration {
        self.message_interval.unwrap_or(MESSAGE_INTERVAL)
    }
}

impl Default for Heartbeat {
    /// A ping after 30 s of silence, and 10 s to answer it.
    fn default() -> Self {
        Self::every(Duration::from_secs(30))
    }
}
