use std::net::SocketAddr;

use crate::{
    Watchdog,
    shutdown::{Shutdown, either},
};

/// What is to happen at certain moments of a server's life.
#[derive(Default)]
pub(super) struct Moments {
    /// What stops it.
    pub(super) shutdown: Option<Shutdown>,
    /// Whether Ctrl-C, SIGTERM and SIGHUP are the program's alone.
    pub(super) ignores_signals: bool,
    /// What is done about handlers that block.
    pub(super) watchdog: Watchdog,
    /// Who wants to know where it listens.
    pub(super) listening: Option<Listening>,
}

impl Moments {
    /// One more that stops the server, beside those that do already.
    pub(super) fn stop_on(&mut self, future: Shutdown) {
        self.shutdown = Some(match self.shutdown.take() {
            Some(others) => either(others, future),
            None => future,
        });
    }
}

/// Is told the address, once.
pub(super) type Listening = Box<dyn FnOnce(SocketAddr) + Send>;
