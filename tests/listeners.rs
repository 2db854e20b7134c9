//! Listeners other than TCP: Unix sockets, and listeners of the program's own.

#![cfg(unix)]

use std::{net::SocketAddr, path::PathBuf};

use axum::serve::ListenerExt as _;
use futures_util::{SinkExt as _, StreamExt as _};
use http::HeaderValue;
use sockeye::{Console, Handshake, Limits, Server, ws_endpoint};
use sockeye_tests::{dial, logs, within};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UnixListener, UnixStream},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, handshake::client::Request},
};

type Client = WebSocketStream<UnixStream>;

/// Says who the client is, and then echoes.
#[ws_endpoint("/unix")]
async fn unix(handshake: Handshake) -> sockeye::Result {
    let who = format!("{:?} {:?}", handshake.peer(), handshake.client());
    let mut socket = handshake.accept().await?;
    socket.send(who).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A server on a Unix socket in a directory of its own.
struct Running {
    path: PathBuf,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn start(name: &str, server: Server) -> Running {
    logs::listen();
    let path = std::env::temp_dir().join(format!("sockeye-{}-{name}.sock", std::process::id()));
    let (stop, stopped) = oneshot::channel();
    let checked = server.shutdown(async move { _ = stopped.await }).check().await.unwrap();
    let listener = UnixListener::bind(&path).unwrap();
    let task = tokio::spawn(async move { checked.serve_on(listener).await.unwrap() });
    Running { path, stop, task }
}

impl Running {
    async fn dial(&self) -> UnixStream {
        UnixStream::connect(&self.path).await.unwrap()
    }

    async fn try_connect(&self, request: Request) -> Result<Client, Error> {
        within(client_async(request, self.dial().await)).await.map(|(client, _)| client)
    }

    async fn connect(&self) -> Client {
        self.try_connect(request(None)).await.unwrap()
    }

    async fn ended(self) {
        _ = self.stop.send(());
        within(self.task).await.unwrap();
        std::fs::remove_file(self.path).unwrap();
    }
}

fn request(client: Option<&'static str>) -> Request {
    let mut request = "ws://localhost/unix".into_client_request().unwrap();
    if let Some(client) = client {
        request.headers_mut().insert("x-forwarded-for", HeaderValue::from_static(client));
    }
    request
}

async fn hear<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(
    client: &mut WebSocketStream<T>,
) -> Message {
    loop {
        match within(client.next()).await.unwrap().unwrap() {
            Message::Ping(_) => {}
            other => return other,
        }
    }
}

fn status_and_rule(result: Result<Client, Error>) -> (u16, String) {
    match result {
        Err(Error::Http(response)) => {
            let rule = response.headers()["sockeye-rule"].to_str().unwrap().to_owned();
            (response.status().as_u16(), rule)
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn a_unix_socket_echoes_and_ends_with_1001() {
    let server = start("echo", Server::new()).await;
    let mut client = server.connect().await;
    assert_eq!(hear(&mut client).await, Message::text("None None"));
    let long = "x".repeat(60_000);
    client.send(Message::text(long.clone())).await.unwrap();
    assert_eq!(hear(&mut client).await, Message::text(long));
    let told = tokio::spawn(async move { hear(&mut client).await });
    server.ended().await;
    let Message::Close(Some(frame)) = told.await.unwrap() else { panic!("no close frame") };
    assert_eq!(u16::from(frame.code), 1001);
    let closed = logs::with("endpoint", "unix");
    let closed = closed.iter().find(|line| line.get("code") == "1001").expect("a line for the end");
    assert!(!closed.fields.contains_key("peer"), "{closed:?}");
}

#[tokio::test]
async fn without_an_address_only_the_totals_apply() {
    let limits = Limits::new().max_connections(2).max_connections_per_client(1);
    let server = start("totals", Server::new().limits(limits)).await;
    let held = [server.connect().await, server.connect().await];
    assert_eq!(status_and_rule(server.try_connect(request(None)).await), (503, "server_full".to_owned()));
    drop(held);
    server.ended().await;
}

#[tokio::test]
async fn a_proxy_in_front_tells_clients_apart() {
    let limits = Limits::new().max_connections(10).max_connections_per_client(1).trusted_proxies(1);
    let server = start("proxied", Server::new().limits(limits)).await;
    let mut first = server.try_connect(request(Some("203.0.113.1"))).await.unwrap();
    assert_eq!(hear(&mut first).await, Message::text("None Some(203.0.113.1)"));
    let second = server.try_connect(request(Some("203.0.113.2"))).await.unwrap();
    let again = server.try_connect(request(Some("203.0.113.1"))).await;
    assert_eq!(status_and_rule(again), (429, "client_limit".to_owned()));
    drop((first, second));
    server.ended().await;
}

#[tokio::test]
async fn the_door_turns_away_without_an_address() {
    let limits = Limits::new().max_http_connections(1);
    let server = start("door", Server::new().limits(limits)).await;
    let mut held = server.dial().await;
    held.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n").await.unwrap();
    let mut turned_away = server.dial().await;
    let mut answer = String::new();
    within(turned_away.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("sockeye-rule: server_full"), "{answer}");
    let lines = logs::with("message", "connection turned away");
    assert!(lines.iter().any(|line| !line.fields.contains_key("peer")), "{lines:?}");
    drop((held, turned_away));
    server.ended().await;
}

#[tokio::test]
async fn the_console_is_closed_to_clients_without_an_address() {
    let server = start("console", Server::new().console(Console::at("/_sockeye"))).await;
    let mut stream = server.dial().await;
    stream
        .write_all(b"GET /_sockeye HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(answer.contains("the address of the client is not known"), "{answer}");
    assert!(answer.contains("or on a TCP address"), "{answer}");
    server.ended().await;
}

#[tokio::test]
async fn a_server_in_development_does_not_listen_on_a_unix_socket() {
    let path = std::env::temp_dir().join(format!("sockeye-{}-development.sock", std::process::id()));
    let listener = UnixListener::bind(&path).unwrap();
    let checked = Server::new().development(true).check().await.unwrap();
    let error = checked.serve_on(listener).await.unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(error.problems()[0].rule(), "development_exposed");
    let place = format!("unix:{} is not a loopback address", path.display());
    assert!(error.to_string().contains(&place), "{error}");
}

#[tokio::test]
async fn a_tcp_listener_that_is_wrapped_knows_its_peers() {
    let (stop, stopped) = oneshot::channel::<()>();
    let checked = Server::new().shutdown(async move { _ = stopped.await }).check().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr: SocketAddr = listener.local_addr().unwrap();
    let serving = tokio::spawn(checked.serve_on(listener.tap_io(|_stream| {})));
    let stream = dial(addr).await;
    let peer = stream.local_addr().unwrap();
    let (mut client, _) = within(client_async(format!("ws://{addr}/unix"), stream)).await.unwrap();
    assert_eq!(hear(&mut client).await, Message::text(format!("Some({peer}) Some({})", peer.ip())));
    drop(client);
    stop.send(()).unwrap();
    within(serving).await.unwrap().unwrap();
}
