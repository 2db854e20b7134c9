//! Blocking calls behind an import, in a helper, behind a type, or in a closure that the handler calls.

use std::{
    fs::read_to_string,
    net::ToSocketAddrs,
    sync::{Arc, mpsc},
    thread::{self, sleep},
    time::Duration,
};

use axum::extract::State;
use sockeye::{Handshake, Socket, ws_endpoint};

/// A function of `std`, imported by its name.
#[ws_endpoint("/blocking/imported")]
async fn imported(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        sleep(Duration::from_millis(5)); //~ blocking_call
        socket.send(message).await?;
    }
    Ok(())
}

fn load(name: &str) -> std::io::Result<String> {
    read_to_string(format!("/srv/{name}"))
}

fn load_twice(name: &str) -> std::io::Result<String> {
    Ok(load(name)? + &load(name)?)
}

/// Two calls deep.
#[ws_endpoint("/blocking/helper")]
async fn helper(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = load_twice(message.as_text().unwrap_or(""))?; //~ blocking_call
        socket.send(text).await?;
    }
    Ok(())
}

struct Store {
    path: String,
}

impl Store {
    fn save(&self, line: &str) -> std::io::Result<()> {
        std::fs::write(&self.path, line)
    }

    async fn save_soon(&self, line: &str) -> std::io::Result<()> {
        self.save(line)
    }
}

/// A method of what is in the state.
#[ws_endpoint("/blocking/method")]
async fn method(handshake: Handshake, State(store): State<Arc<Store>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        store.save(message.as_text().unwrap_or(""))?; //~ blocking_call
        store.save_soon(message.as_text().unwrap_or("")).await?; //~ blocking_call
        socket.send("saved").await?;
    }
    Ok(())
}

/// A method of what the handler makes itself.
#[ws_endpoint("/blocking/made")]
async fn made(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let store = Store { path: "notes".to_owned() };
    while let Some(message) = socket.recv().await? {
        store.save(message.as_text().unwrap_or(""))?; //~ blocking_call
    }
    Ok(())
}

/// A channel of `std`, and a thread that is joined.
#[ws_endpoint("/blocking/threads")]
async fn threads(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let (answers, answer) = mpsc::channel::<u8>();
        let worker = thread::spawn(move || answers.send(1));
        let number = answer.recv()?; //~ blocking_call
        let _ = worker.join(); //~ blocking_call
        socket.send(number.to_string()).await?;
    }
    Ok(())
}

/// A name that is looked up.
#[ws_endpoint("/blocking/dns")]
async fn dns(handshake: Handshake) -> sockeye::Result {
    let address = ("backend.local", 9000).to_socket_addrs()?.next(); //~ blocking_call
    let mut socket = handshake.accept().await?;
    socket.send(format!("{address:?}")).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A runtime within a runtime.
#[ws_endpoint("/blocking/runtime")]
async fn runtime(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = tokio::runtime::Runtime::new()?.block_on(async { message.len() }); //~ blocking_call
        socket.send(text.to_string()).await?;
    }
    Ok(())
}

/// A closure that is called in the handler.
#[ws_endpoint("/blocking/closure")]
async fn closure(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let load = |name: &str| std::fs::read_to_string(name).unwrap_or_default(); //~ blocking_call
    while let Some(message) = socket.recv().await? {
        socket.send(load(message.as_text().unwrap_or(""))).await?;
    }
    Ok(())
}

struct Client {
    socket: Socket,
}

impl Client {
    /// The socket is a field.
    async fn run(mut self) -> sockeye::Result {
        loop {
            if let Ok(Some(message)) = self.socket.recv().await { //~ spinning_loop
                self.socket.send(message).await?;
            }
        }
    }
}

/// Hands its socket to a type.
#[ws_endpoint("/helpers/client")]
async fn client(handshake: Handshake) -> sockeye::Result {
    Client { socket: handshake.accept().await? }.run().await
}

fn main() {}
