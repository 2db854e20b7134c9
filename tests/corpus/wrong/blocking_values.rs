//! Methods that block, of unit structs, statics and traits.

use std::{sync::{LazyLock, OnceLock}, time::Duration};
use axum::extract::State;
use sockeye::{Handshake, Socket, ws_endpoint};

struct Disk;

impl Disk {
    fn load(&self) -> String {
        std::fs::read_to_string("x").unwrap_or_default();
        std::thread::sleep(Duration::from_secs(1));
        String::new()
    }
}

/// Unit.
#[ws_endpoint("/blocking_values/unit")]
async fn unit(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let loaded = Disk.load(); //~ blocking_call
        socket.send(loaded).await?;
    }
    Ok(())
}

static DISK: Disk = Disk;

/// Of static.
#[ws_endpoint("/blocking_values/static")]
async fn of_static(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(DISK.load()).await?; //~ blocking_call
    }
    Ok(())
}

struct Store { path: String }

impl Store {
    fn open() -> Self { Self { path: String::new() } }
    fn load(&self) -> String {
        std::thread::sleep(Duration::from_secs(1));
        String::new()
    }
}

static STORE: LazyLock<Store> = LazyLock::new(Store::open);

const LOADER: Disk = Disk;

/// Lazy.
#[ws_endpoint("/blocking_values/lazy")]
async fn lazy(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(STORE.load()).await?; //~ blocking_call
        socket.send(LOADER.load()).await?; //~ blocking_call
    }
    Ok(())
}

static ONCE: OnceLock<Store> = OnceLock::new();

/// Once.
#[ws_endpoint("/blocking_values/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(ONCE.get_or_init(Store::open).load()).await?; //~ blocking_call
    }
    Ok(())
}

trait Backend: Send + Sync {
    fn fetch(&self) -> String;
}

struct Files;

impl Backend for Files {
    fn fetch(&self) -> String {
        std::thread::sleep(Duration::from_secs(1));
        String::new()
    }
}

/// Of dyn.
#[ws_endpoint("/blocking_values/dyn")]
async fn of_dyn(handshake: Handshake, State(backend): State<std::sync::Arc<dyn Backend>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(backend.fetch()).await?; //~ blocking_call
    }
    Ok(())
}

async fn serve(mut socket: Socket, backend: &impl Backend) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(backend.fetch()).await?; //~ blocking_call
    }
    Ok(())
}

async fn serve_generic<B: Backend>(mut socket: Socket, backend: B) -> sockeye::Result {
    while let Some(message) = socket.recv().await? {
        socket.send(backend.fetch()).await?; //~ blocking_call
    }
    Ok(())
}

trait Waits {
    fn wait_long(&self) {
        std::thread::sleep(Duration::from_secs(1));
    }
}

impl Waits for Store {}

/// Of default.
#[ws_endpoint("/blocking_values/default")]
async fn of_default(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let store = Store::open();
    while let Some(message) = socket.recv().await? {
        store.wait_long(); //~ blocking_call
        socket.send(message).await?;
    }
    Ok(())
}
