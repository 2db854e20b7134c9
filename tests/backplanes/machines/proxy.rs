//! What stands in front of servers, or between a server and Redis.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{AbortHandle, JoinSet},
};

/// Forwards each connection to the next of its servers that accepts it, or stands still.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    servers: Arc<Mutex<Vec<u16>>>,
    forwards: watch::Sender<bool>,
    task: AbortHandle,
}

impl Proxy {
    pub(crate) async fn start(servers: Vec<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (servers, forwards) = (Arc::new(Mutex::new(servers)), watch::Sender::new(true));
        let task = tokio::spawn(accept(listener, Arc::clone(&servers), forwards.subscribe())).abort_handle();
        Self { port, servers, forwards, task }
    }

    /// A server has another port.
    pub(crate) fn set(&self, server: usize, port: u16) {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)[server] = port;
    }

    /// Nothing gets through, and no one is told; or it does again.
    pub(crate) fn forward(&self, forward: bool) {
        self.forwards.send_replace(forward);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, servers: Arc<Mutex<Vec<u16>>>, forwards: watch::Receiver<bool>) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let mut ports = servers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let first = NEXT.fetch_add(1, Ordering::Relaxed) % ports.len();
        ports.rotate_left(first);
        connections.spawn(forward(client, ports, forwards.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn forward(client: TcpStream, ports: Vec<u16>, forwards: watch::Receiver<bool>) -> io::Result<()> {
    let Some(server) = connect(ports).await else { return Ok(()) };
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    tokio::select! {
        over = pipe(client_read, server_write, forwards.clone()) => over,
        over = pipe(server_read, client_write, forwards.clone()) => over,
    }
}

async fn connect(ports: Vec<u16>) -> Option<TcpStream> {
    for port in ports {
        if let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await {
            return Some(server);
        }
    }
    None
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
