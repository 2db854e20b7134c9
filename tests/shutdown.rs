//! The end of the server over real sockets: every socket is told, and the port is free. `drain.rs` has the rest.

use std::{io::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use axum::extract::State;
use futures_util::{FutureExt as _, StreamExt as _};
use sockeye::{Drained, Handshake, Limits, Server, ws_endpoint};
use sockeye_tests::{PATIENCE, close_of, hear, logs, say, start, within};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore, oneshot},
    task::JoinHandle,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error as Refused, Message},
};
use tracing::Level;

/// A server whose gate is closed.
fn server() -> Server {
    Server::new().state(Gate::new())
}

/// Echoes; on the way out it still has something to say.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    tracing::info!(target: "sockeye", message = "cleaned up");
    Ok(())
}

#[tokio::test]
async fn every_socket_is_told_1001_and_the_server_ends() {
    logs::listen();
    let mut server = start(server()).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = server.connect("/echo").await;
        say(&mut client, "hello").await;
        assert_eq!(hear(&mut client).await, Message::text("hello"));
        clients.push(client);
    }
    server.stop();
    for client in &mut clients {
        assert_eq!(close_of(client).await, (1001, "the server is stopping".to_owned()));
        assert!(within(client.next()).await.is_none_or(|end| end.is_err()));
    }
    let addr = server.addr;
    server.ended().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err(), "the port is free");
    let mut told = logs::with("code", "1001");
    told.retain(|line| line.get("message") == "connection closed");
    assert!(told.len() >= 20 && told.iter().all(|line| line.level == Level::INFO), "{told:?}");
    assert!(logs::with("message", "cleaned up").len() >= 20, "handlers reach their end");
}

/// Whenever the server is told to stop: a client would see a reset connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_has_arrived_is_answered() {
    for _ in 0..8 {
        let mut server = start(server()).await;
        let open = server.connect("/echo").await;
        let early: Vec<_> = (0..20)
            .map(|_| {
                let mut client = std::net::TcpStream::connect(server.addr).unwrap();
                client.write_all(HANDSHAKE).unwrap();
                client
            })
            .collect();
        server.stop();
        for client in early {
            client.set_nonblocking(true).unwrap();
            let mut client = TcpStream::from_std(client).unwrap();
            let mut answer = [0; 12];
            within(client.read_exact(&mut answer)).await.unwrap();
            assert!([&b"HTTP/1.1 101"[..], b"HTTP/1.1 503"].contains(&&answer[..]), "{answer:?}");
        }
        drop(open);
        server.ended().await;
    }
}

const HANDSHAKE: &[u8] =
    b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// `start` passes a future of its own, after this one.
#[tokio::test]
async fn each_future_stops_the_server() {
    for stops_first in [true, false] {
        let (stop, stopped) = oneshot::channel::<()>();
        let mut server = start(server().shutdown(async { drop(stopped.await) })).await;
        let mut client = server.connect("/echo").await;
        let _still_running = if stops_first {
            drop(stop);
            None
        } else {
            server.stop();
            Some(stop)
        };
        assert_eq!(close_of(&mut client).await.0, 1001);
        drop(client);
        server.ended().await;
    }
}

#[tokio::test]
async fn a_connection_that_is_kept_alive_does_not_hold_the_server_up() {
    let mut server = start(server()).await;
    let mut idle = tokio::net::TcpStream::connect(server.addr).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut idle, b"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 12];
    within(tokio::io::AsyncReadExt::read_exact(&mut idle, &mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 404");
    server.stop();
    server.ended().await;
}

/// Goes on for as long as it is let.
#[ws_endpoint("/stubborn")]
async fn stubborn(handshake: Handshake) -> sockeye::Result {
    let _socket = handshake.accept().await?;
    std::future::pending().await
}

/// Decides when it is told to.
#[ws_endpoint("/undecided")]
async fn undecided(handshake: Handshake, State(gate): State<Gate>) -> sockeye::Result {
    gate.came.notify_one();
    gate.open.acquire().await?.forget();
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Says that somebody has come, and lets in as many as it is told.
#[derive(Clone)]
struct Gate {
    came: Arc<Notify>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self { came: Arc::default(), open: Arc::new(Semaphore::new(0)) }
    }
}

/// A server behind `axum::serve`, until it is told to stop.
struct Behind {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    drained: Drained,
    axum: JoinHandle<std::io::Result<()>>,
}

async fn behind_axum(server: Server) -> Behind {
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { _ = stopped.await }.shared();
    let (router, drained) = server.shutdown(stopped.clone()).check().await.unwrap().into_router_and_drained();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let app = router.into_make_service_with_connect_info::<SocketAddr>();
    let axum = tokio::spawn(axum::serve(listener, app).with_graceful_shutdown(stopped).into_future());
    Behind { addr, stop, drained, axum }
}

#[tokio::test]
async fn behind_axums_listener_every_socket_is_told_and_can_be_waited_for() {
    // The client is waited for, however long this machine takes over it.
    let limits = Limits::new().close_timeout(3 * PATIENCE).shutdown_timeout(3 * PATIENCE);
    let mut behind = behind_axum(server().limits(limits)).await;
    let (mut client, _) = connect_async(format!("ws://{}/echo", behind.addr)).await.unwrap();
    say(&mut client, "hello").await;
    hear(&mut client).await;
    // Waiting for a moment is no harm: it is waited for again.
    assert!((&mut behind.drained).now_or_never().is_none());
    behind.stop.send(()).unwrap();
    within(behind.axum).await.unwrap().unwrap();
    // The client has answered no close frame: axum is done, and the connection is not.
    assert!((&mut behind.drained).now_or_never().is_none());
    assert_eq!(close_of(&mut client).await, (1001, "the server is stopping".to_owned()));
    assert!(within(client.next()).await.is_none_or(|end| end.is_err()));
    within(behind.drained).await;
}

#[tokio::test]
async fn a_handler_that_has_not_decided_is_waited_for() {
    let gate = Gate::new();
    let limits = Limits::new()
        .handshake_timeout(3 * PATIENCE)
        .close_timeout(3 * PATIENCE)
        .shutdown_timeout(3 * PATIENCE);
    let mut behind = behind_axum(server().state(gate.clone()).limits(limits)).await;
    let client = tokio::spawn(connect_async(format!("ws://{}/undecided", behind.addr)));
    within(gate.came.notified()).await;
    behind.stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_millis(300), &mut behind.drained).await;
    assert!(ended.is_err(), "a handshake is under way");
    gate.open.add_permits(1);
    let Err(Refused::Http(answer)) = within(client).await.unwrap() else { panic!("the server is stopping") };
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["sockeye-rule"]),
        (503, &"shutting_down".parse().unwrap())
    );
    within(behind.drained).await;
}

#[tokio::test]
async fn who_does_not_wait_is_drained_all_the_same() {
    let behind = behind_axum(server()).await;
    let (mut client, _) = connect_async(format!("ws://{}/echo", behind.addr)).await.unwrap();
    drop(behind.drained);
    behind.stop.send(()).unwrap();
    assert_eq!(close_of(&mut client).await.0, 1001);
}

#[tokio::test]
async fn the_wait_ends_when_the_time_to_drain_is_over() {
    let server = server().limits(Limits::new().shutdown_timeout(Duration::from_millis(50)));
    let behind = behind_axum(server).await;
    let (_client, _) = connect_async(format!("ws://{}/stubborn", behind.addr)).await.unwrap();
    behind.stop.send(()).unwrap();
    within(behind.drained).await;
}

#[tokio::test]
async fn the_address_is_told_once_it_is_bound() {
    let (tell, told) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = server().on_listen(|address| tell.send(address).unwrap());
    let running = tokio::spawn(server.shutdown(async { _ = stopped.await }).serve("127.0.0.1:0"));
    let address = within(told).await.unwrap();
    assert_ne!(address.port(), 0);
    let (mut client, _) = connect_async(format!("ws://{address}/echo")).await.unwrap();
    stop.send(()).unwrap();
    assert_eq!(close_of(&mut client).await.0, 1001);
    // Its answer goes out when the client looks again; else the server waits for it.
    assert!(within(client.next()).await.is_none_or(|end| end.is_err()));
    within(running).await.unwrap().unwrap();
}

#[tokio::test]
async fn no_address_is_told_where_the_start_fails() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = server().on_listen(|address| panic!("{address} is not ours"));
    let error = server.serve(taken.local_addr().unwrap()).await.unwrap_err();
    assert_eq!(error.problems()[0].rule(), "bind_failed");
}
