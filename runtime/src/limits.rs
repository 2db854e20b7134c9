use std::time::Duration;

/// How much and how long the server lets a connection take. Every value is finite by default.
///
/// ```
/// use std::time::Duration;
/// use sockeye::Limits;
///
/// let limits = Limits::new().message(1024 * 1024).handshake(Duration::from_secs(3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub(crate) message: usize,
    pub(crate) handshake: Duration,
    pub(crate) send: Duration,
    pub(crate) close: Duration,
    pub(crate) drain: Duration,
}

impl Limits {
    /// The defaults: messages up to 64 KiB, 10 s for a handshake, 10 s for a send to make progress, 5 s for a close,
    /// 10 s to drain at shutdown.
    pub const fn new() -> Self {
        Self {
            message: 64 * 1024,
            handshake: Duration::from_secs(10),
            send: Duration::from_secs(10),
            close: Duration::from_secs(5),
            drain: Duration::from_secs(10),
        }
    }

    /// The largest message that is received, in bytes, whole or in fragments. A larger one closes with 1009.
    #[must_use]
    pub const fn message(mut self, bytes: usize) -> Self {
        self.message = bytes;
        self
    }

    /// The time a client has to send the head of its request, and the handler to accept or refuse.
    #[must_use]
    pub const fn handshake(mut self, time: Duration) -> Self {
        self.handshake = finite(time);
        self
    }

    /// The time within which a client must take some of what is being sent to it.
    #[must_use]
    pub const fn send(mut self, time: Duration) -> Self {
        self.send = finite(time);
        self
    }

    /// The time a client has to answer a close frame.
    #[must_use]
    pub const fn close(mut self, time: Duration) -> Self {
        self.close = finite(time);
        self
    }

    /// The time that open connections have to end when the server stops; what is left then is cut off.
    #[must_use]
    pub const fn drain(mut self, time: Duration) -> Self {
        self.drain = finite(time);
        self
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
