//! What stands between a machine and the broker.

use std::{
    io,
    path::{Path, PathBuf},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{AbortHandle, JoinSet},
};

use super::path;

/// Forwards, or stands still, or breaks.
pub(super) struct Proxy {
    pub(super) socket: PathBuf,
    forwards: watch::Sender<bool>,
    killed: watch::Sender<u64>,
    task: AbortHandle,
}

impl Proxy {
    pub(super) fn start(name: &str, redis: &Path) -> Self {
        let socket = path(name);
        let listener = UnixListener::bind(&socket).expect("bound");
        let (forwards, killed) = (watch::Sender::new(true), watch::Sender::new(0));
        let forwarding = accept(listener, redis.to_owned(), forwards.subscribe(), killed.subscribe());
        let task = tokio::spawn(forwarding).abort_handle();
        Self { socket, forwards, killed, task }
    }

    /// All connections break; new ones are taken.
    pub(super) fn kill(&self) {
        self.killed.send_modify(|killed| *killed += 1);
    }

    /// Nothing gets through, and nobody is told; or it does again.
    pub(super) fn forward(&self, forward: bool) {
        _ = self.forwards.send(forward);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        _ = std::fs::remove_file(&self.socket);
    }
}

async fn accept(
    listener: UnixListener,
    redis: PathBuf,
    forwards: watch::Receiver<bool>,
    killed: watch::Receiver<u64>,
) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(forward(client, redis.clone(), forwards.clone(), killed.clone()));
    }
}

async fn forward(
    client: UnixStream,
    redis: PathBuf,
    forwards: watch::Receiver<bool>,
    mut killed: watch::Receiver<u64>,
) {
    killed.mark_unchanged();
    let through = async {
        let server = UnixStream::connect(&redis).await?;
        let (client_read, client_write) = client.into_split();
        let (server_read, server_write) = server.into_split();
        tokio::select! {
            over = pipe(client_read, server_write, forwards.clone()) => over,
            over = pipe(server_read, client_write, forwards.clone()) => over,
        }
    };
    tokio::select! {
        _ = through => {}
        _ = killed.changed() => {}
    }
}

async fn pipe(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut forwards: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        _ = forwards.wait_for(|forwards| *forwards).await;
        if read == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..read]).await?;
    }
}
