//! Helpers of the same file that do nothing wrong, or that something else of the same name only seems to be.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::extract::State;
use sockeye::{Handshake, Socket, ws_endpoint};

fn load(name: &str) -> std::io::Result<String> {
    std::fs::read_to_string(format!("/srv/{name}"))
}

/// The helper blocks, and a thread for that runs it.
#[ws_endpoint("/neighbours/blocking")]
async fn moved_away(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let name = message.as_text().unwrap_or("").to_owned();
        let text = tokio::task::spawn_blocking(move || load(&name)).await??;
        socket.send(text).await?;
    }
    Ok(())
}

struct Files {
    folder: String,
}

impl Files {
    fn get(&self, name: &str) -> std::io::Result<String> {
        std::fs::read_to_string(format!("{}/{name}", self.folder))
    }
}

/// A method of the same name on another type.
#[ws_endpoint("/neighbours/other-type")]
async fn other_type(
    handshake: Handshake,
    State(names): State<Arc<Mutex<HashMap<String, String>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let name = names.lock().unwrap().get(message.as_text().unwrap_or("")).cloned();
        socket.send(name.unwrap_or_default()).await?;
    }
    Ok(())
}

/// The name stands for something else in between.
#[ws_endpoint("/neighbours/shadowed")]
async fn shadowed(handshake: Handshake, State(files): State<Arc<Files>>) -> sockeye::Result {
    let known = tokio::task::spawn_blocking(move || files.get("index")).await??;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let files: HashMap<&str, usize> = known.split(' ').map(|name| (name, name.len())).collect();
        let length = files.get(message.as_text().unwrap_or("")).copied();
        socket.send(format!("{length:?}")).await?;
    }
    Ok(())
}

mod sleep {
    pub(super) async fn sleep(time: std::time::Duration) {
        tokio::time::sleep(time).await;
    }
}

/// A function of one's own with the name of one of `std`.
#[ws_endpoint("/neighbours/own-sleep")]
async fn own_sleep(handshake: Handshake) -> sockeye::Result {
    use sleep::sleep;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        sleep(Duration::from_millis(1)).await;
        socket.send(message).await?;
    }
    Ok(())
}

async fn retire() -> ! {
    std::process::exit(0)
}

/// Ends the process when its one client is gone.
#[ws_endpoint("/neighbours/retires")]
async fn retires(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(command) => socket.send(command).await?,
            None => retire().await,
        }
    }
}

struct Client {
    socket: Socket,
    name: String,
}

impl Client {
    async fn run(mut self) -> sockeye::Result {
        while let Some(message) = self.socket.recv().await? {
            self.answer(message.len()).await?;
        }
        self.socket.send("unheard").await
    }

    async fn answer(&mut self, length: usize) -> sockeye::Result {
        self.socket.send(format!("{}: {length}", self.name)).await
    }

    fn into_name(self) -> String {
        self.name
    }
}

/// A type holds the socket.
#[ws_endpoint("/neighbours/client")]
async fn client(handshake: Handshake) -> sockeye::Result {
    let mut client = Client { socket: handshake.accept().await?, name: "client".to_owned() };
    if client.socket.recv().await?.is_some() {
        return client.run().await;
    }
    let name = client.into_name();
    drop(name);
    Ok(())
}
