//! Functions in modules of the same file.

use axum::extract::State;
use sockeye::{Handshake, Socket, ws_endpoint};

mod store {
    use std::{thread, time::Duration};

    pub fn load() -> String {
        thread::sleep(Duration::from_secs(1));
        String::new()
    }

    pub mod deep {
        pub fn load2() -> String {
            std::thread::sleep(std::time::Duration::from_secs(1));
            super::load()
        }
    }

    pub struct Disk;
    impl Disk {
        pub fn open() -> Self { Self }
        pub fn read(&self) -> String {
            thread::sleep(Duration::from_secs(1));
            String::new()
        }
    }
}

use store::load;

/// A.
#[ws_endpoint("/inline/a")]
async fn a(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(_) = socket.recv().await? {
        socket.send(store::load()).await?; //~ blocking_call
        socket.send(load()).await?; //~ blocking_call
        socket.send(crate::store::load()).await?; //~ blocking_call
        socket.send(store::deep::load2()).await?; //~ blocking_call
        socket.send(store::Disk::open().read()).await?; //~ blocking_call
    }
    Ok(())
}

mod other {
    use super::store;
    use sockeye::{Handshake, ws_endpoint};

    /// B.
    #[ws_endpoint("/inline/b")]
    async fn b(handshake: Handshake) -> sockeye::Result {
        let mut socket = handshake.accept().await?;
        while let Some(_) = socket.recv().await? {
            socket.send(store::load()).await?; //~ blocking_call
            socket.send(super::store::load()).await?; //~ blocking_call
            socket.send(local()).await?; //~ blocking_call
        }
        Ok(())
    }

    fn local() -> String {
        std::thread::sleep(std::time::Duration::from_secs(1));
        String::new()
    }
}

mod third {
    fn load() -> String { String::new() }

    use sockeye::{Handshake, ws_endpoint};
    /// C.
    #[ws_endpoint("/inline/c")]
    async fn c(handshake: Handshake) -> sockeye::Result {
        let mut socket = handshake.accept().await?;
        while let Some(_) = socket.recv().await? {
            socket.send(load()).await?;
        }
        Ok(())
    }
}

mod send {
    use sockeye::Socket;
    pub async fn greet(socket: &mut Socket) -> sockeye::Result {
        socket.send("hi").await
    }
}

/// D.
#[ws_endpoint("/inline/d")]
async fn d(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    drop(send::greet(&mut socket)); //~ missing_await
    while let Some(_) = socket.recv().await? {
    }
    Ok(())
}
