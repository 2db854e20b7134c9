//! Calls that stop every other connection of the thread.

use std::{
    fs,
    io::{self, Read as _},
    process::Command,
    thread,
    time::Duration,
};

use sockeye::{Handshake, Socket, ws_endpoint, ws_lifecycle};

/// Sleeps.
#[ws_endpoint("/blocking/sleep")]
async fn sleeps(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        std::thread::sleep(Duration::from_millis(100)); //~ blocking_call
        socket.send(message).await?;
    }
    Ok(())
}

/// Sleeps by its short name.
#[ws_endpoint("/blocking/short-sleep")]
async fn short_sleep(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(message) = socket.recv().await? else { break };
        if message.is_empty() {
            thread::sleep(Duration::from_secs(1)); //~ blocking_call
            continue;
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// Reads a file before it accepts.
#[ws_endpoint("/blocking/read")]
async fn reads(handshake: Handshake) -> sockeye::Result {
    let allowed = std::fs::read_to_string("/etc/allowed")?; //~ blocking_call
    if !allowed.lines().any(|line| Some(line) == handshake.origin()) {
        return Err(handshake.reject(axum::http::StatusCode::FORBIDDEN, "not allowed"));
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Writes files in an arm, in an `if` and in a closure-free loop.
#[ws_endpoint("/blocking/write")]
async fn writes(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match message.as_text() {
            Some("clear") => std::fs::remove_file("/tmp/log")?, //~ blocking_call
            Some(text) => {
                if let Err(error) = ::std::fs::write("/tmp/log", text) { //~ blocking_call
                    socket.send(error.to_string()).await?;
                }
            }
            None => {
                let file = std::fs::File::create("/tmp/bytes")?; //~ blocking_call
                drop(file);
            }
        }
    }
    Ok(())
}

/// Runs a program.
#[ws_endpoint("/blocking/command")]
async fn command(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let output = std::process::Command::new("grep").arg(message.as_text().unwrap_or("x")).output()?; //~ blocking_call
        socket.send(output.stdout).await?;
    }
    Ok(())
}

/// Connects to a database by hand.
#[ws_endpoint("/blocking/connect")]
async fn connects(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut upstream = std::net::TcpStream::connect("127.0.0.1:5432")?; //~ blocking_call
    let mut bytes = [0; 16];
    let count = upstream.read(&mut bytes)?;
    socket.send(bytes[..count].to_vec()).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Asks the terminal.
#[ws_endpoint("/blocking/stdin")]
async fn stdin(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?; //~ blocking_call
    socket.send(line).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Fetches with a client that blocks.
#[ws_endpoint("/blocking/reqwest")]
async fn fetches(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let url = message.as_text().unwrap_or_default();
        let body = reqwest::blocking::get(url)?.text()?; //~ blocking_call
        socket.send(body).await?;
    }
    Ok(())
}

/// Fetches with another one.
#[ws_endpoint("/blocking/ureq")]
async fn ureq_call(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let body = ureq::get(message.as_text().unwrap_or_default()).call()?.into_string()?; //~ blocking_call
        socket.send(body).await?;
    }
    Ok(())
}

/// Blocks on a future.
#[ws_endpoint("/blocking/block-on")]
async fn blocks_on(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let length = futures::executor::block_on(async { message.len() }); //~ blocking_call
        socket.send(length.to_string()).await?;
    }
    Ok(())
}

/// Blocks on the runtime itself.
#[ws_endpoint("/blocking/handle")]
async fn handle(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let length = tokio::runtime::Handle::current().block_on(async { message.len() }); //~ blocking_call
        socket.send(length.to_string()).await?;
    }
    Ok(())
}

/// In a branch of `select!`.
#[ws_endpoint("/blocking/select")]
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { break },
            _ = ticks.tick() => {
                let load = std::fs::read_to_string("/proc/loadavg")?; //~ blocking_call
                socket.send(load).await?;
            }
        }
    }
    Ok(())
}

/// In an async block that is joined.
#[ws_endpoint("/blocking/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        for count in 0..10 {
            std::thread::sleep(Duration::from_secs(1)); //~ blocking_call
            if sender.send(count.to_string()).await.is_err() {
                break;
            }
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// In an argument, over several lines.
#[ws_endpoint("/blocking/argument")]
async fn argument(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket
        .send(
            std::fs::read_to_string("/etc/motd") //~ blocking_call
                .unwrap_or_default(),
        )
        .await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A helper; its file says what `fs`, `Command` and `io` are, which only the command line knows.
async fn helper(socket: &mut Socket) -> sockeye::Result {
    let text = fs::read_to_string("/etc/hostname")?; //~ blocking_call
    socket.send(text).await?;
    let output = Command::new("uptime").output()?; //~ blocking_call
    socket.send(output.stdout).await?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?; //~ blocking_call
    socket.send(line).await
}

/// A helper that waits for its turn by sleeping.
#[ws_lifecycle]
async fn patient(socket: &Socket, text: &str) -> sockeye::Result {
    for _ in 0..3 {
        if socket.send(text).await.is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50)); //~ blocking_call
    }
    Ok(())
}
