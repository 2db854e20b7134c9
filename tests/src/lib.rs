//! Shared parts of the tests: a running server, a client that sends exactly the bytes it is told to, the log, the compiler.

pub mod examples;
pub mod frames;
pub mod http2;
pub mod in_process;
mod library;
pub mod logs;
mod ports;
pub mod raw;
pub mod reports;
pub mod second_opinion;

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use sockeye::Server;
use tokio::{net::TcpStream, sync::oneshot, task::JoinHandle};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{self, Message, protocol::CloseFrame},
};

pub use ports::free_port;

/// How long a test waits for something that must come. It is an end to hanging, not a measure of speed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A client's socket.
pub type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server on a port of its own.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// Starts a server with every endpoint of the test program.
///
/// # Panics
/// When the server finds a problem.
pub async fn start(server: Server) -> Running {
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { _ = stopped.await };
    let checked = match server.shutdown(shutdown).check().await {
        Ok(checked) => checked,
        Err(report) => panic!("{report}"),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move { checked.serve_on(listener).await.expect("serves to its end") });
    Running { addr, stop: Some(stop), task }
}

impl Running {
    /// Connects a client.
    ///
    /// # Panics
    /// When the handshake is refused.
    pub async fn connect(&self, path: &str) -> Client {
        let stream = MaybeTlsStream::Plain(dial(self.addr).await);
        within(tokio_tungstenite::client_async(self.url(path), stream))
            .await
            .expect("the handshake is accepted")
            .0
    }

    /// The address of an endpoint.
    pub fn url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.addr)
    }

    /// Tells the server to stop.
    ///
    /// # Panics
    /// When it has been told before, or has ended.
    pub fn stop(&mut self) {
        self.stop.take().expect("stopped once").send(()).expect("the server runs");
    }

    /// Waits until the server has ended.
    ///
    /// # Panics
    /// When it does not end, or ended with a panic.
    pub async fn ended(self) {
        within(self.task).await.expect("the server ended well");
    }
}

/// Connects from a port that this program has not used before: the log tells connections apart by their peers, and the
/// system gives a port again to a connection with another server.
///
/// # Panics
/// When nobody listens.
pub async fn dial(addr: SocketAddr) -> TcpStream {
    static USED: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let stream = TcpStream::connect(addr).await.expect("connects");
        let port = stream.local_addr().expect("an address").port();
        if USED.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
            return stream;
        }
    }
}

/// Waits for what must come.
///
/// # Panics
/// When it does not come.
pub async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it came in time")
}

/// Sends a text.
///
/// # Panics
/// When the connection is over.
pub async fn say(client: &mut Client, text: &str) {
    within(client.send(Message::text(text))).await.expect("sent");
}

/// The next message of the server that is no ping: those ask now and then whether all before them has been read.
///
/// # Panics
/// When the connection is over.
pub async fn hear(client: &mut Client) -> Message {
    loop {
        match within(client.next()).await.expect("a message").expect("a legal message") {
            Message::Ping(_) => {}
            other => return other,
        }
    }
}

/// The close frame with which the server ends the connection, after anything else it says.
///
/// # Panics
/// When it ends without one.
pub async fn close_of(client: &mut Client) -> (u16, String) {
    loop {
        match within(client.next()).await {
            Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                return (code.into(), reason.to_string());
            }
            Some(Ok(_)) => {}
            other => panic!("no close frame, but {other:?}"),
        }
    }
}

/// The status, rule and body of a refused handshake.
///
/// # Panics
/// When it is accepted.
pub async fn refusal(request: tungstenite::handshake::client::Request) -> (u16, String, String) {
    match within(tokio_tungstenite::connect_async(request)).await {
        Err(tungstenite::Error::Http(response)) => {
            let rule =
                response.headers().get("sockeye-rule").map(|rule| rule.to_str().expect("text").to_owned());
            let body = response.body().clone().unwrap_or_default();
            (response.status().as_u16(), rule.unwrap_or_default(), String::from_utf8(body).expect("text"))
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Blocks the thread until something is so, or for this long: a helper far from any handler, where no rule on source sees it.
pub fn block_until(is_so: impl Fn() -> bool, longest: Duration) {
    let begin = std::time::Instant::now();
    while !is_so() && begin.elapsed() < longest {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The snippets of the repository's README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
