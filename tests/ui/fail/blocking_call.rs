use std::{thread, time::Duration};

use sockeye::{Handshake, ws_endpoint};

/// Stands for the crate.
mod ureq {
    pub struct Request;

    impl Request {
        pub fn call(self) -> sockeye::Result<String> {
            Ok(String::new())
        }
    }

    pub fn get(_: &str) -> Request {
        Request
    }
}

/// Stands for the crate.
mod reqwest {
    pub mod blocking {
        pub fn get(_: &str) -> sockeye::Result<String> {
            Ok(String::new())
        }
    }
}

/// Sleeps with everybody on its thread.
#[ws_endpoint("/ws/sleep")]
async fn sleep(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        std::thread::sleep(Duration::from_millis(100));
        thread::sleep(Duration::from_millis(100));
        socket.send(message).await?;
    }
    Ok(())
}

/// Waits for a disk.
#[ws_endpoint("/ws/report")]
async fn report(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        std::fs::write("last.txt", message.as_bytes())?;
        let report = std::fs::read_to_string("report.json")?;
        socket.send(report).await?;
    }
    Ok(())
}

/// Waits for another program.
#[ws_endpoint("/ws/git")]
async fn git(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let log = std::process::Command::new("git").arg("log").arg("-1").output()?;
        socket.send(log.stdout).await?;
    }
    Ok(())
}

/// Waits for another server, before it has even accepted.
#[ws_endpoint("/ws/upstream")]
async fn upstream(handshake: Handshake) -> sockeye::Result {
    let upstream = std::net::TcpStream::connect("127.0.0.1:5432")?;
    tracing::info!(?upstream);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Fetches with clients that block.
#[ws_endpoint("/ws/fetch")]
async fn fetch(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let one = ureq::get("http://127.0.0.1/one").call()?;
        let two = reqwest::blocking::get("http://127.0.0.1/two")?;
        socket.send(one + &two).await?;
    }
    Ok(())
}

/// Runs a runtime in the runtime, in a block of its own.
#[ws_endpoint("/ws/nested")]
async fn nested(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let answer = async {
        tokio::runtime::Handle::current().block_on(async { "now" })
    };
    let answer = answer.await;
    while socket.recv().await?.is_some() {
        socket.send(answer).await?;
    }
    Ok(())
}

/// Waits for whoever sits at the terminal.
#[ws_endpoint("/ws/terminal")]
async fn terminal(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        socket.send(line).await?;
    }
    Ok(())
}

fn main() {}
