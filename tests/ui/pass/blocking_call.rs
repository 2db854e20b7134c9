//! Calls that wait without blocking, calls that block where they may, and names that only look like them.
#![deny(warnings)]

use std::{io::IsTerminal as _, process::Stdio, thread, time::Duration};

use sockeye::{Handshake, ws_endpoint};
use tokio::{fs, net::TcpStream, process::Command, task, time::sleep};

/// tokio's own, by names that `std` has too.
#[ws_endpoint("/ws/tokio")]
async fn by_tokio(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        sleep(Duration::from_millis(100)).await;
        let report = fs::read_to_string("report.json").await?;
        tokio::fs::write("last.txt", &report).await?;
        let log = Command::new("git").arg("log").stdin(Stdio::null()).output().await?;
        let upstream = TcpStream::connect("127.0.0.1:5432").await?;
        tracing::debug!(?upstream, status = ?log.status);
        socket.send(report).await?;
    }
    Ok(())
}

/// On a thread where it may block.
#[ws_endpoint("/ws/threads")]
async fn threads(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let report = task::spawn_blocking(|| std::fs::read_to_string("report.json")).await??;
        let size = task::block_in_place(|| {
            std::thread::sleep(Duration::from_millis(1));
            std::fs::metadata("report.json").map(|file| file.len())
        })?;
        thread::spawn(|| thread::sleep(Duration::from_secs(1)));
        socket.send(format!("{size}: {report}")).await?;
    }
    Ok(())
}

/// In a closure, which somebody else calls.
#[ws_endpoint("/ws/closure")]
async fn closure(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let read = || std::fs::read("report.json");
    while socket.recv().await?.is_some() {
        let report = task::spawn_blocking(read).await??;
        socket.send(report).await?;
    }
    Ok(())
}

/// Things of those modules that do not block.
#[ws_endpoint("/ws/harmless")]
async fn harmless(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let here = thread::current().name().map(str::to_owned);
        let cores = std::thread::available_parallelism()?;
        let options = fs::OpenOptions::from(std::fs::OpenOptions::new());
        let terminal = std::io::stdin().is_terminal();
        let mut command = tokio::process::Command::from(std::process::Command::new("true"));
        command.stdout(std::process::Stdio::null());
        tracing::debug!(?options, ?command, terminal);
        socket.send(format!("{here:?} {cores}")).await?;
    }
    Ok(())
}

/// In a function of its own, which somebody else calls.
#[ws_endpoint("/ws/function")]
async fn function(handshake: Handshake) -> sockeye::Result {
    fn read() -> std::io::Result<String> {
        std::thread::sleep(Duration::from_millis(1));
        std::fs::read_to_string("report.json")
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        socket.send(task::spawn_blocking(read).await??).await?;
    }
    Ok(())
}

/// Whoever knows that it is short says so.
#[ws_endpoint("/ws/load", allow(blocking_call, reason = "reads `/proc/loadavg`, which no disk is behind"))]
async fn load(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let load = std::fs::read_to_string("/proc/loadavg")?;
        socket.send(load).await?;
    }
    Ok(())
}

fn main() {}
