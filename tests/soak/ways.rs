//! Every way to handle a connection, and every way to leave one.

use std::{collections::BTreeMap, future::pending, io, net::SocketAddr, sync::Once};

use futures_util::future::join_all;
use http::StatusCode;
use sockeye::{CloseCode, Error, Handshake, Message, testing::TestStream, ws_endpoint};
use sockeye_tests::{
    PATIENCE,
    raw::{HEAD, frame},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Runtime,
    task::yield_now,
};

/// How many ways there are to handle a connection, and to leave one.
pub(crate) const HANDLERS: usize = 12;
pub(crate) const CLIENTS: usize = 14;
/// Clients at the same time, and how often each pair of ways is met.
pub(crate) const LANES: usize = 16;
pub(crate) const ROUNDS: usize = 15;

/// Ends as it is told; over real sockets.
#[ws_endpoint("/wire/{how}")]
async fn wire(handshake: Handshake, axum::extract::Path(how): axum::extract::Path<usize>) -> sockeye::Result {
    handle(handshake, how).await
}

/// Ends as it is told; over pipes.
#[ws_endpoint("/pipe/{how}")]
async fn pipe(handshake: Handshake, axum::extract::Path(how): axum::extract::Path<usize>) -> sockeye::Result {
    handle(handshake, how).await
}

async fn handle(handshake: Handshake, how: usize) -> sockeye::Result {
    match how {
        0 => return Err(handshake.reject(StatusCode::FORBIDDEN, "as told")),
        1 => {
            let refused = handshake.reject(StatusCode::FORBIDDEN, "as told");
            linger().await;
            return Err(refused);
        }
        2 => linger().await,
        _ => {}
    }
    let mut socket = handshake.accept().await?;
    socket.spawn(pending());
    match how {
        3 => Ok(()),
        4 => Err(Error::new("as told")),
        5 => panic!("as told"),
        6 => socket.close(CloseCode::NORMAL, "done").await,
        7 => socket.recv().await.map(drop),
        8 => {
            let (sender, mut receiver) = socket.split();
            let reader = tokio::spawn(async move { receiver.recv().await.map(drop) });
            sender.send(Message::text("hello")).await?;
            reader.await?
        }
        9 => loop {
            socket.send(Message::binary(vec![7; 10_000])).await?;
            linger().await;
        },
        10 => {
            drop(socket);
            linger().await;
            Ok(())
        }
        _ => {
            while let Some(message) = socket.recv().await? {
                socket.send(message).await?;
            }
            Ok(())
        }
    }
}

/// Lets others go first, some times.
async fn linger() {
    for _ in 0..5 {
        yield_now().await;
    }
}

/// A client's stream that can also be reset.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin {
    fn reset(self);
}

impl Wire for TcpStream {
    fn reset(self) {
        self.set_zero_linger().expect("a socket");
    }
}

impl Wire for TestStream {
    fn reset(self) {
        TestStream::reset(self);
    }
}

/// One visit. Says whether the handshake was seen to be accepted.
async fn visit(mut stream: impl Wire, path: &str, way: usize) -> io::Result<bool> {
    let head = format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n");
    match way {
        // Vanishes without a word, within its request, and before it has the answer.
        0 => return Ok(false),
        1 => {
            stream.write_all(&head.as_bytes()[..40]).await?;
            return Ok(false);
        }
        2 => {
            stream.write_all(head.as_bytes()).await?;
            return Ok(false);
        }
        3 => {
            stream.write_all(head.as_bytes()).await?;
            stream.reset();
            return Ok(false);
        }
        4 => {
            stream.write_all(head.as_bytes()).await?;
            linger().await;
            return Ok(false);
        }
        _ => stream.write_all(head.as_bytes()).await?,
    }
    let accepted = is_accepted(&mut stream).await?;
    // How it goes on is the client's own affair: the server may have closed already.
    let _left = leave(stream, way).await;
    Ok(accepted)
}

async fn is_accepted(stream: &mut impl Wire) -> io::Result<bool> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(head.starts_with(b"HTTP/1.1 101 "))
}

async fn leave(mut stream: impl Wire, way: usize) -> io::Result<()> {
    let close = frame(0x88, &1000_u16.to_be_bytes());
    let burst: Vec<u8> = (0..50).flat_map(|_| frame(0x82, &[7; 100])).collect();
    match way {
        5 => drop(stream),
        6 => stream.reset(),
        // In order.
        7 => {
            stream.write_all(&[frame(0x81, b"a"), close].concat()).await?;
            stream.read_to_end(&mut Vec::new()).await?;
        }
        // Says good-bye, but does not wait for the answer.
        8 => stream.write_all(&close).await?,
        // Closes its half, with and without a look at the other.
        9 => {
            stream.write_all(&frame(0x81, b"a")).await?;
            stream.shutdown().await?;
            stream.read_to_end(&mut Vec::new()).await?;
        }
        10 => stream.shutdown().await?,
        // Breaks the protocol.
        11 => {
            stream.write_all(&frame(0x83, b"nonsense")).await?;
            stream.read_to_end(&mut Vec::new()).await?;
        }
        // Leaves in the middle of what both sides send.
        12 => {
            stream.write_all(&burst).await?;
            stream.reset();
        }
        _ => stream.write_all(&burst[..burst.len() - 1]).await?,
    }
    Ok(())
}

/// Every pair of a handler's way and a client's, many times; gives the peers, and which of them saw a 101.
pub(crate) async fn come_and_go<S: Wire, D: Future<Output = (S, SocketAddr)>>(
    prefix: &str,
    dial: impl Fn() -> D,
) -> BTreeMap<String, bool> {
    let lanes = (0..LANES).map(async |lane| {
        let mut seen = Vec::new();
        for n in (0..HANDLERS * CLIENTS * ROUNDS).filter(|n| n % LANES == lane) {
            let (stream, peer) = dial().await;
            let path = format!("{prefix}/{}", n % HANDLERS);
            let visited = visit(stream, &path, n / HANDLERS % CLIENTS);
            let accepted = tokio::time::timeout(PATIENCE, visited).await.expect("nobody is kept waiting");
            seen.push((peer.to_string(), accepted.unwrap_or(false)));
        }
        seen
    });
    join_all(lanes).await.into_iter().flatten().collect()
}

/// The panics of the handlers are meant; nobody wants to read thousands of them.
pub(crate) fn hide_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload_as_str() != Some("as told") {
                before(info);
            }
        }));
    });
}

pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
