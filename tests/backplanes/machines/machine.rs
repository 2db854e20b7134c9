//! A server, as a process.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

/// `tests/src/bin/machine.rs`.
const MACHINE: &str = env!("CARGO_BIN_EXE_machine");

pub(crate) struct Machine {
    process: Child,
    redis: u16,
    kept: usize,
    port: u16,
}

impl Machine {
    pub(crate) async fn start(redis: u16, kept: usize) -> Self {
        let (process, port) = spawn(redis, kept).await;
        Self { process, redis, kept, port }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// SIGTERM, as a deployment sends it.
    pub(crate) async fn stop(&mut self) {
        let mut kill = tokio::process::Command::new("kill");
        assert!(kill.arg(self.process.id().to_string()).status().await.expect("kill").success());
        while self.process.try_wait().expect("it runs").is_none() {
            tokio::task::yield_now().await;
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }

    pub(crate) async fn restart(&mut self) {
        (self.process, self.port) = spawn(self.redis, self.kept).await;
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

async fn spawn(redis: u16, kept: usize) -> (Child, u16) {
    let mut command = Command::new(MACHINE);
    command.arg(format!("redis://127.0.0.1:{redis}")).arg(kept.to_string());
    let mut process = command.stderr(Stdio::piped()).spawn().expect("it runs");
    let log = BufReader::new(process.stderr.take().expect("piped"));
    let (found, port) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut found = Some(found);
        // Read to the end: a full pipe would block the server.
        for line in log.lines().map_while(Result::ok) {
            let port = line.rsplit_once("ws://127.0.0.1:").and_then(|(_, port)| port.parse().ok());
            if let (Some(port), Some(found)) = (port, found.take_if(|_| port.is_some())) {
                _ = found.send(port);
            }
        }
    });
    (process, port.await.expect("it listens"))
}
