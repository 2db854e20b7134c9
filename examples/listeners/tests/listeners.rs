//! Each program as a process.

#![cfg(unix)]

use std::{
    collections::HashSet,
    net::{SocketAddr, TcpListener},
    os::fd::OwnedFd,
    path::Path,
    process::Stdio,
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    process::{Child, Command},
    time::{sleep, timeout},
};
use tokio_tungstenite::{client_async, tungstenite::Message};

fn start(program: &str, argument: &str) -> Child {
    Command::new(program).arg(argument).kill_on_drop(true).spawn().unwrap()
}

/// What the endpoint says of its process, and proof that it echoes.
async fn process_behind(stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    let talk = async {
        let (mut socket, _) = client_async("ws://localhost/ws", stream).await.unwrap();
        let process = socket.next().await.unwrap().unwrap();
        socket.send(Message::text("echo")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("echo"));
        process.into_text().unwrap().to_string()
    };
    timeout(Duration::from_secs(30), talk).await.expect("an answer")
}

async fn dial(address: SocketAddr) -> TcpStream {
    loop {
        match TcpStream::connect(address).await {
            Ok(stream) => return stream,
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn dial_unix(path: &Path) -> UnixStream {
    loop {
        match UnixStream::connect(path).await {
            Ok(stream) => return stream,
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn interrupted(mut child: Child) -> bool {
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
    timeout(Duration::from_secs(30), child.wait()).await.expect("it ends").unwrap().success()
}

#[tokio::test]
async fn a_unix_socket() {
    let path = std::env::temp_dir().join(format!("sockeye-example-{}.sock", std::process::id()));
    let start = || start(env!("CARGO_BIN_EXE_unix_socket"), path.to_str().unwrap());
    let mut killed = start();
    dial_unix(&path).await;
    killed.kill().await.unwrap();
    assert!(path.exists(), "it leaves its file");
    let child = start();
    let id = child.id().unwrap();
    assert_eq!(process_behind(dial_unix(&path).await).await, format!("process {id}"));
    assert!(interrupted(child).await);
    assert!(!path.exists(), "it removes its file");
}

#[tokio::test]
async fn two_processes_on_one_port() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let children = [(); 2].map(|()| start(env!("CARGO_BIN_EXE_reuse_port"), &address.to_string()));
    let mut seen = HashSet::new();
    while seen.len() < 2 {
        seen.insert(process_behind(dial(address).await).await);
    }
    let all: HashSet<_> = children.iter().map(|child| format!("process {}", child.id().unwrap())).collect();
    assert_eq!(seen, all);
    for child in children {
        assert!(interrupted(child).await);
    }
}

/// The shell passes its standard input on as descriptor 3, with the two variables that systemd sets.
#[tokio::test]
async fn a_socket_from_systemd() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let child = Command::new("sh")
        .args(["-c", "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" 3<&0 0</dev/null"])
        .arg(env!("CARGO_BIN_EXE_socket_activation"))
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    // It can connect before the program runs: the socket listens already.
    let id = child.id().unwrap();
    assert_eq!(process_behind(dial(address).await).await, format!("process {id}"));
    assert!(interrupted(child).await);
}
