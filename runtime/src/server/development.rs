//! Pages that are served by another port of the developer's machine.

use std::{
    ffi::OsString,
    io::{self, Write},
    net::SocketAddr,
};

use http::request::Parts;
use sockeye_rules::{INVALID_OPTION, origin};

use super::{Server, place::Place};
use crate::{
    handshake::is_over_loopback,
    hosts::is_loopback,
    startup::{Problem, development_exposed},
};

const VARIABLE: &str = "SOCKEYE_ENV";

impl Server {
    /// Whether pages of this machine may connect from any port, as those of a development server (Vite, webpack) do. `false` by
    /// default, or `true` with `SOCKEYE_ENV=development` in the environment. A second call replaces the first.
    ///
    /// With `true`, pages of `localhost`, `127.0.0.1` and `[::1]` may connect to every endpoint, beside those that
    /// [`origins`](Self::origins) allows, but only over the loopback interface. The server says so on standard error at each start,
    /// and an address that is not loopback is `development_exposed`. Behind [`Checked::into_router`](super::Checked::into_router)
    /// the address is not known, and not checked.
    ///
    /// Another value of `SOCKEYE_ENV` than `development`, `production` or none is `invalid_option` at startup, unless this is
    /// called.
    ///
    /// ```
    /// let server = sockeye::Server::new().development(cfg!(debug_assertions));
    /// # let _ = server;
    /// ```
    pub fn development(mut self, development: bool) -> Self {
        self.development = Some(development);
        self
    }

    pub(super) fn is_development(&self) -> bool {
        self.development.unwrap_or_else(|| environment() == "development")
    }
}

fn environment() -> OsString {
    std::env::var_os(VARIABLE).unwrap_or_default()
}

/// A value of the environment that is misspelled must not look like production.
pub(super) fn problem(set: Option<bool>) -> Option<Problem> {
    let value = environment();
    let value = value.to_string_lossy();
    if set.is_some() || matches!(&*value, "" | "production" | "development") {
        return None;
    }
    let message = format!("`{VARIABLE}={value}` in the environment is not a valid value");
    let help = format!(
        "set `{VARIABLE}=development` to let pages of this machine connect from any port, `{VARIABLE}=production`, or unset it"
    );
    Some(Problem::new(&INVALID_OPTION, message).with_help(help))
}

/// The first address that others than this machine can reach.
pub(super) fn exposed(addresses: &[SocketAddr]) -> Option<Problem> {
    addresses
        .iter()
        .find(|one| !one.ip().to_canonical().is_loopback())
        .map(|one| development_exposed(one, one.port()))
}

/// The problem with a listener that others than this machine can reach, or about which that is not known.
pub(super) fn exposed_at(place: &Place) -> Option<Problem> {
    match place {
        Place::Address(address) => exposed(&[*address]),
        Place::Elsewhere(_) => Some(development_exposed(place, 3000)),
    }
}

/// Whether a page of this machine connects over the loopback interface.
pub(crate) fn is_local_page(origin: &str, parts: &Parts) -> bool {
    origin::parse(origin).is_ok_and(|origin| is_loopback(&origin.host)) && is_over_loopback(parts)
}

/// At each start.
pub(super) fn tell() {
    // Standard error may be closed, which is no reason not to serve.
    let _ = writeln!(
        io::stderr(),
        "sockeye: development: pages of localhost, 127.0.0.1 and [::1] may connect from any port"
    );
}
