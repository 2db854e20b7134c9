//! Clients that come and go, well and badly behaved, while others are tested on the same server.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use futures_util::future::join_all;
use sockeye_tests::raw::{HEAD, frame};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

/// Clients at the same time. They pause between two visits, so that the tests beside them get their share of the machine.
const LANES: usize = 64;
const PAUSE: Duration = Duration::from_millis(50);

/// Nothing that a visit waits for takes longer on a server that is well.
const PATIENCE: Duration = Duration::from_mins(1);

const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
const CLOSE: u8 = 0x88;

/// In a thread of its own with a runtime of its own, so that the tasks of the server's are the server's alone.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Visits>>,
}

/// What became of the visits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visits {
    pub(crate) made: u64,
    /// Those that met something else than they should.
    pub(crate) surprised: u64,
}

impl Load {
    pub(crate) fn start(address: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            Ok(runtime.block_on(run(address, &stopped)))
        });
        Self { stop, thread }
    }

    /// Lets every visit come to its end.
    pub(crate) fn stop(self) -> io::Result<Visits> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| io::Error::other("the load panicked"))?
    }
}

#[allow(clippy::print_stderr, reason = "beside what the server says")]
async fn run(address: SocketAddr, stop: &AtomicBool) -> Visits {
    let (made, surprised) = (AtomicU64::new(0), AtomicU64::new(0));
    join_all((0..LANES).map(async |_| {
        while !stop.load(Ordering::Relaxed) {
            let number = made.fetch_add(1, Ordering::Relaxed);
            let visited = timeout(PATIENCE, visit(address, number)).await;
            if let Err(surprise) = visited.unwrap_or_else(|_| Err(io::Error::other("nothing came"))) {
                surprised.fetch_add(1, Ordering::Relaxed);
                eprintln!("load: visit {number}, way {}: {surprise}", number % WAYS);
            }
            sleep(PAUSE).await;
        }
    }))
    .await;
    Visits { made: made.into_inner(), surprised: surprised.into_inner() }
}

const WAYS: u64 = 9;

async fn visit(address: SocketAddr, number: u64) -> io::Result<()> {
    match number % WAYS {
        // Says something, hears it and takes its leave.
        0 | 1 => {
            let mut client = Client::open(address, "/echo", "101").await?;
            client.expect_echo().await?;
            client.send(&frame(CLOSE, &1000_u16.to_be_bytes())).await?;
            client.expect_close(1000).await
        }
        // Waits until the server asks whether it is there, and says so.
        2 => {
            let mut client = Client::open(address, "/echo", "101").await?;
            let asked = client.expect_ping().await?;
            client.send(&frame(PONG, &asked)).await?;
            client.expect_echo().await?;
            client.send(&frame(CLOSE, &1000_u16.to_be_bytes())).await?;
            client.expect_close(1000).await
        }
        // Does not say so.
        3 => {
            let mut client = Client::open(address, "/echo", "101").await?;
            client.expect_ping().await?;
            client.expect_close(1011).await
        }
        // Breaks the protocol.
        4 => {
            let mut client = Client::open(address, "/echo", "101").await?;
            client.send(&frame(0x83, b"nonsense")).await?;
            client.expect_close(1002).await
        }
        // Makes the handler panic.
        5 => {
            let mut client = Client::open(address, "/panics", "101").await?;
            client.send(&frame(TEXT, b"now")).await?;
            client.expect_close(1011).await
        }
        // Is not let in.
        6 => Client::open(address, "/private", "401").await.map(drop),
        // Leaves without a word, with an echo on its way.
        7 => {
            let mut client = Client::open(address, "/echo", "101").await?;
            client.send(&frame(TEXT, b"unheard").repeat(100)).await
        }
        // Is reset in the middle of a message.
        _ => {
            let mut client = Client::open(address, "/echo", "101").await?;
            client.send(&frame(0x01, b"the beginning")).await?;
            client.0.set_zero_linger()
        }
    }
}

/// A client after its handshake.
struct Client(TcpStream);

impl Client {
    async fn open(address: SocketAddr, path: &str, status: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let fine = head.starts_with(format!("HTTP/1.1 {status} ").as_bytes());
        expect(fine, || String::from_utf8_lossy(&head).into_owned())?;
        Ok(Self(stream))
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await
    }

    async fn expect_echo(&mut self) -> io::Result<()> {
        self.send(&frame(TEXT, b"hello")).await?;
        loop {
            match self.receive().await? {
                (TEXT, payload) => return expect(payload == b"hello", || format!("{payload:x?} came back")),
                // The machine was busy for a while.
                (PING, payload) => self.send(&frame(PONG, &payload)).await?,
                other => return Err(io::Error::other(format!("{other:x?} came in place of an echo"))),
            }
        }
    }

    async fn expect_ping(&mut self) -> io::Result<Vec<u8>> {
        let (first, payload) = self.receive().await?;
        expect(first == PING, || format!("{first:x} came in place of a ping"))?;
        Ok(payload)
    }

    async fn expect_close(&mut self, code: u16) -> io::Result<()> {
        loop {
            let (first, payload) = self.receive().await?;
            if first == CLOSE {
                return expect(payload.starts_with(&code.to_be_bytes()), || {
                    format!("closed with {payload:x?}")
                });
            }
        }
    }

    /// The next frame, of at most 125 bytes: its first byte and its payload.
    async fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let (first, length) = (self.0.read_u8().await?, self.0.read_u8().await?);
        let mut payload = vec![0; usize::from(length)];
        self.0.read_exact(&mut payload).await?;
        Ok((first, payload))
    }
}

fn expect<T: Into<Box<dyn std::error::Error + Send + Sync>>>(
    holds: bool,
    surprise: impl FnOnce() -> T,
) -> io::Result<()> {
    if holds { Ok(()) } else { Err(io::Error::other(surprise())) }
}
