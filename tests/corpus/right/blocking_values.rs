//! Methods with the names of those that block, of other types.

use std::{
    sync::{Arc, LazyLock, OnceLock},
    time::Duration,
};

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};

struct Disk;

impl Disk {
    fn load(&self) -> String {
        std::thread::sleep(Duration::from_secs(1));
        String::new()
    }
}

struct Cache;

impl Cache {
    fn load(&self) -> String {
        String::new()
    }
}

static CACHE: Cache = Cache;
static LAZY: LazyLock<Cache> = LazyLock::new(|| Cache);
static ONCE: OnceLock<Cache> = OnceLock::new();

trait Backend: Send + Sync {
    fn fetch(&self) -> String;

    fn fetch_all(&self) -> String {
        std::thread::sleep(Duration::from_secs(1));
        String::new()
    }
}

impl Backend for Disk {
    fn fetch(&self) -> String {
        self.load()
    }
}

impl Backend for Cache {
    fn fetch(&self) -> String {
        self.load()
    }

    fn fetch_all(&self) -> String {
        self.load()
    }
}

/// Statics whose methods do not block.
#[ws_endpoint("/values/cached")]
async fn cached(handshake: Handshake, State(backend): State<Arc<dyn Backend>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        socket.send(CACHE.load()).await?;
        socket.send(LAZY.load()).await?;
        socket.send(ONCE.get_or_init(|| Cache).load()).await?;
        socket.send(Cache.load()).await?;
        socket.send(Cache.fetch_all()).await?;
        socket.send(backend.fetch()).await?;
    }
    Ok(())
}

/// On a thread for it.
#[ws_endpoint("/values/moved")]
async fn moved(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let Ok(loaded) = tokio::task::spawn_blocking(|| Disk.load()).await else { break };
        socket.send(loaded).await?;
    }
    Ok(())
}
