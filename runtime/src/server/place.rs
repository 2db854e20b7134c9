//! Where a server listens, in words and as an address.

use std::{any::Any, fmt, net::SocketAddr};

/// Where a server listens.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Address(SocketAddr),
    /// The description of what is not an IP address and a port.
    Elsewhere(String),
}

impl Place {
    /// The place of a listener with this local address.
    pub(super) fn of(local: &dyn Any) -> Self {
        #[cfg(unix)]
        if let Some(address) = local.downcast_ref::<tokio::net::unix::SocketAddr>() {
            return Self::unix(address);
        }
        match local.downcast_ref::<SocketAddr>() {
            Some(address) => Self::Address(*address),
            None => Self::Elsewhere("a listener of the program".to_owned()),
        }
    }

    #[cfg(unix)]
    fn unix(address: &tokio::net::unix::SocketAddr) -> Self {
        Self::Elsewhere(match address.as_pathname() {
            Some(path) => format!("unix:{}", path.display()),
            None => "a Unix socket without a path".to_owned(),
        })
    }

    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Elsewhere(_) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Elsewhere(words) => f.write_str(words),
        }
    }
}
