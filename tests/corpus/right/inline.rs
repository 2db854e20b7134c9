//! Modules of one file with functions of the same names.

use sockeye::{Handshake, ws_endpoint};

mod disk {
    use std::{thread, time::Duration};

    pub(crate) fn load() -> String {
        thread::sleep(Duration::from_secs(1));
        String::new()
    }
}

mod cache {
    use sockeye::{Handshake, ws_endpoint};

    pub(crate) fn load() -> String {
        String::new()
    }

    /// The function of this module.
    #[ws_endpoint("/inline/inner")]
    async fn inner(handshake: Handshake) -> sockeye::Result {
        let mut socket = handshake.accept().await?;
        while socket.recv().await?.is_some() {
            socket.send(load()).await?;
            socket.send(self::load()).await?;
        }
        Ok(())
    }

    pub(crate) mod deep {
        pub(crate) fn load() -> String {
            super::load()
        }
    }
}

/// The function of that module.
#[ws_endpoint("/inline/outer")]
async fn outer(handshake: Handshake) -> sockeye::Result {
    use cache::load;
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        socket.send(cache::load()).await?;
        socket.send(crate::right::inline::cache::deep::load()).await?;
        socket.send(load()).await?;
    }
    let Ok(_) = tokio::task::spawn_blocking(disk::load).await else { return Ok(()) };
    Ok(())
}
