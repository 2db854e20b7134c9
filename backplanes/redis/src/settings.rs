//! What the program has set.

use std::fmt;

use redis::{ProtocolVersion, RedisConnectionInfo};

use crate::{history::Keys, server::Server, trust::Trust};

/// Channels begin with it, so that other programs on the same Redis do not meet them by accident.
pub(crate) const PREFIX: &str = "sockeye:";

pub(crate) struct Settings {
    pub(crate) target: Target,
    /// The user and the password, which are shown nowhere.
    pub(crate) login: RedisConnectionInfo,
    pub(crate) sentinel_login: RedisConnectionInfo,
    pub(crate) prefix: String,
    pub(crate) trust: Trust,
}

/// Where the servers are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    One(Server),
    /// Whichever is the master of this name, as these sentinels say.
    Sentinel {
        sentinels: Vec<Server>,
        master: String,
        is_secure: bool,
    },
    /// Some servers of a cluster; they know the others.
    Cluster(Vec<Server>),
}

impl Settings {
    pub(crate) fn new(target: Target, login: RedisConnectionInfo) -> Self {
        let login = login
            .set_protocol(ProtocolVersion::RESP3)
            .set_lib_name(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let sentinel_login = RedisConnectionInfo::default().set_skip_set_lib_name();
        Self { target, login, sentinel_login, prefix: PREFIX.to_owned(), trust: Trust::default() }
    }

    pub(crate) fn channel(&self, topic: &str) -> String {
        format!("{}{topic}", self.prefix)
    }

    pub(crate) fn keys(&self, topic: &str) -> Keys {
        Keys::new(self.channel(topic))
    }

    pub(crate) fn topic<'a>(&self, channel: &'a str) -> Option<&'a str> {
        channel.strip_prefix(&*self.prefix)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, login, sentinel_login: _, prefix, trust: _ } = self;
        f.debug_struct("Settings")
            .field("target", target)
            .field("db", &login.db())
            .field("prefix", prefix)
            .finish_non_exhaustive()
    }
}
