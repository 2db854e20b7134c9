//! Why there is no connection, in words for a person.

use std::{fmt, io};

use redis::{ErrorKind, RedisConnectionInfo, RedisError, ServerError};

use crate::server::Server;

const NEEDED: &str = "Redis 6 or later, or Valkey, is needed";

/// The reason of an outage. It names the server, and never a user, a password, or a URL.
#[derive(Debug, Clone)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// No connection could be established.
    pub(crate) fn unreachable(server: &Server, error: &io::Error) -> Self {
        Self(format!("cannot connect to {server}: {error}"))
    }

    /// The server has refused a request, or the connection is broken.
    pub(crate) fn of(server: &Server, error: &RedisError) -> Self {
        match (error.code(), error.kind()) {
            (Some(code), _) => Self(refusal(server, code, error.detail().unwrap_or_default())),
            (None, ErrorKind::Io) => Self(format!("the connection to {server} is broken: {error}")),
            (None, ErrorKind::AuthenticationFailed) => Self(format!("{server} does not accept the password")),
            (None, ErrorKind::RESP3NotSupported) => Self(format!("{server} is too old: {NEEDED}")),
            _ => Self(format!("{server}: {error}")),
        }
    }

    /// The server has not accepted the connection. Some servers and proxies repeat a request that they do not know, with its password.
    pub(crate) fn of_login(server: &Server, login: &RedisConnectionInfo, error: &RedisError) -> Self {
        if error.detail().is_some_and(|details| details.contains("unknown command")) {
            return Self(format!("{server} does not know `HELLO`: {NEEDED}"));
        }
        let failure = Self::of(server, error);
        match login.password() {
            Some(password) if failure.0.contains(password) => {
                Self(format!("{server} refuses: {}", error.code().unwrap_or("it does not say why")))
            }
            _ => failure,
        }
    }

    pub(crate) fn refused(server: &Server, error: &ServerError) -> Self {
        Self(refusal(server, error.code(), error.details().unwrap_or_default()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the server has answered, with the cause in front if a person has to change something.
fn refusal(server: &Server, code: &str, details: &str) -> String {
    let cause = match code {
        "WRONGPASS" => "does not accept the user or the password that it was given",
        "NOAUTH" => "wants a password, and was given none",
        "NOPERM" => "does not permit this to the user",
        "LOADING" => "is still loading its data",
        _ => return format!("{server} refuses: {code} {details}"),
    };
    format!("{server} {cause}: {code} {details}")
}

/// Whether the server no longer is the right one, so that a new connection must be looked for.
pub(crate) fn is_misplaced(error: &ServerError) -> bool {
    matches!(
        error.code(),
        "MOVED" | "ASK" | "NOSCRIPT" | "TRYAGAIN" | "CLUSTERDOWN" | "MASTERDOWN" | "READONLY" | "LOADING"
    )
}
