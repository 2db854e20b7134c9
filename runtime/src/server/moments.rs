use std::net::SocketAddr;

use crate::{
    Watchdog,
    shutdown::{Shutdown, either},
};

/// The user's hooks for moments in a server's life.
#[derive(Default)]
pub(super) struct Moments {
    /// Stops the server.
    pub(super) shutdown: Option<Shutdown>,
    /// Whether Ctrl-C, SIGTERM and SIGHUP are left to the program.
    pub(super) ignores_signals: bool,
    /// The watchdog for blocking handlers.
    pub(super) watchdog: Watchdog,
    /// Called with the address once the server listens.
    pub(super) listening: Option<Listening>,
}

impl Moments {
    /// Adds a future that stops the server.
    pub(super) fn stop_on(&mut self, future: Shutdown) {
        self.shutdown = Some(match self.shutdown.take() {
            Some(others) => either(others, future),
            None => future,
        });
    }
}

/// Calls the function with the address, once.
pub(super) type Listening = Box<dyn FnOnce(SocketAddr) + Send>;
