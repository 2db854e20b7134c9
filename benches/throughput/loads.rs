//! What is asked of the servers.

use std::fmt;

/// A kind of work; what is counted is how often it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// Messages that come back.
    Echo {
        connections: usize,
        /// How many messages of one connection are on their way at once.
        outstanding: usize,
        /// The payload of a message, in bytes.
        size: usize,
    },
    /// Messages that one client sends to all; each that arrives counts.
    Feed {
        subscribers: usize,
        /// How many are on their way at once.
        in_flight: usize,
        size: usize,
    },
    /// Connections that are opened, and reset at once.
    Handshakes { at_once: usize },
}

/// The load whose rate says what a server can do at most, for [`latency`](crate::latency).
pub(crate) const USUAL: Load = Load::Echo { connections: 100, outstanding: 1, size: 64 };

pub(crate) const ALL: [Load; 10] = [
    Load::Echo { connections: 10, outstanding: 1, size: 64 },
    USUAL,
    Load::Echo { connections: 1_000, outstanding: 1, size: 64 },
    Load::Echo { connections: 10_000, outstanding: 1, size: 64 },
    Load::Echo { connections: 10, outstanding: 32, size: 64 },
    Load::Echo { connections: 10, outstanding: 1, size: 16 * 1024 },
    Load::Echo { connections: 4, outstanding: 1, size: 1024 * 1024 },
    Load::Feed { subscribers: 1_000, in_flight: 1, size: 128 },
    Load::Feed { subscribers: 1_000, in_flight: 4, size: 128 },
    Load::Handshakes { at_once: 16 },
];

impl Load {
    /// What is counted.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Echo { .. } => "messages",
            Self::Feed { .. } => "deliveries",
            Self::Handshakes { .. } => "handshakes",
        }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Echo { connections, outstanding: 1, size } => {
                write!(f, "echo of {}, {}", Bytes(size), Count(connections, "connections"))
            }
            Self::Echo { connections, outstanding, size } => {
                let connections = Count(connections, "connections");
                write!(f, "echo of {}, {connections} with {outstanding} outstanding", Bytes(size))
            }
            Self::Feed { subscribers, in_flight, size } => {
                let subscribers = Count(subscribers, "clients");
                write!(f, "broadcast of {} to {subscribers}, {in_flight} in flight", Bytes(size))
            }
            Self::Handshakes { at_once } => write!(f, "opening handshakes, {at_once} at once"),
        }
    }
}

/// `1,000 clients`.
struct Count(usize, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 1_000, self.0 % 1_000) {
            (0, rest) => write!(f, "{rest} {}", self.1),
            (thousands, rest) => write!(f, "{thousands},{rest:03} {}", self.1),
        }
    }
}

struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 1024 * 1024 => write!(f, "{} MiB", bytes / (1024 * 1024)),
            bytes if bytes >= 1024 => write!(f, "{} KiB", bytes / 1024),
            bytes => write!(f, "{bytes} B"),
        }
    }
}
