//! The whole cluster, as its processes. Without the programs from Debian it is skipped, unless on CI.

#![cfg(unix)]

use std::{collections::BTreeSet, net::SocketAddr, process::Stdio, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStderr, Command},
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

type Client = WebSocketStream<TcpStream>;

/// Only so that a test does not hang.
async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_mins(1), future).await.expect("it came in time")
}

struct Cluster {
    process: Child,
    log: Lines<BufReader<ChildStderr>>,
    address: SocketAddr,
    /// The processes and ports that it has named.
    processes: Vec<(String, String, u16)>,
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_example-cluster"));
    command.args(arguments).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

impl Cluster {
    async fn start(broker: &str) -> Option<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut command = program(&["--broker", broker]);
        let mut process = command.env("SOCKEYE_ADDR", address.to_string()).spawn().unwrap();
        let log = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut cluster = Self { process, log, address, processes: Vec::new() };
        loop {
            let line = within(cluster.log.next_line()).await.unwrap().expect("it goes on");
            if line.contains("apt-get install") {
                assert!(std::env::var_os("CI").is_none(), "{line}");
                return None;
            } else if line.contains("open http://") {
                return Some(cluster);
            } else if let Some((name, rest)) = line.split_once(": process ") {
                let name = name.rsplit("example_cluster::programs: ").next().unwrap();
                let (process, port) = rest.split_once(", port ").unwrap();
                cluster.processes.push((name.to_owned(), process.to_owned(), port.parse().unwrap()));
            }
        }
    }

    /// A client of whichever server, and which one it is. None answers at once after another has ended.
    async fn connect(&self) -> (Client, String) {
        within(async {
            loop {
                let stream = TcpStream::connect(self.address).await.unwrap();
                let url = format!("ws://{}/ws", self.address);
                if let Ok((mut client, _)) = client_async(url, stream).await {
                    let (server, text) = hear(&mut client).await.expect("a line");
                    assert_eq!(text, "welcome");
                    return (client, server);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await
    }

    async fn interrupt(mut self) {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
        // What is written is read, so that nothing waits for it.
        within(async { while let Ok(Some(_)) = self.log.next_line().await {} }).await;
        assert!(within(self.process.wait()).await.unwrap().success());
        for (name, _, port) in std::mem::take(&mut self.processes) {
            assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "{name} is still there");
        }
    }
}

/// After a failure nothing is left of it either.
impl Drop for Cluster {
    fn drop(&mut self) {
        for (_, process, _) in &self.processes {
            _ = std::process::Command::new("kill").args(["-KILL", process]).status();
        }
    }
}

/// The next line, as server and text; `None` at the end.
async fn hear(client: &mut Client) -> Option<(String, String)> {
    let Some(Ok(Message::Text(line))) = within(client.next()).await else { return None };
    let (server, text) = line.strip_prefix("{\"server\":\"")?.split_once("\",\"text\":\"")?;
    Some((server.to_owned(), text.strip_suffix("\"}")?.to_owned()))
}

async fn say(client: &mut Client, text: &str) {
    client.send(Message::text(format!("\"{text}\""))).await.unwrap();
}

async fn everyone_hears_everyone(broker: &str) {
    let Some(cluster) = Cluster::start(broker).await else { return };
    let (mut clients, mut servers) = (Vec::new(), BTreeSet::new());
    for _ in 0..6 {
        let (client, server) = cluster.connect().await;
        servers.insert(server.clone());
        clients.push((client, server));
    }
    assert_eq!(servers.len(), 3, "nginx gives out all servers: {servers:?}");
    for speaker in 0..clients.len() {
        let text = format!("line {speaker}");
        say(&mut clients[speaker].0, &text).await;
        let from = clients[speaker].1.clone();
        for (client, _) in &mut clients {
            assert_eq!(hear(client).await, Some((from.clone(), text.clone())));
        }
    }

    // A server is killed: its clients come back, on any server, and the others have not noticed.
    let (_, process, _) =
        cluster.processes.iter().find(|(name, ..)| name == "server 2").expect("it was named");
    assert!(Command::new("kill").args(["-KILL", process]).status().await.unwrap().success());
    for (client, server) in clients.iter_mut().filter(|(_, server)| server == "2") {
        assert_eq!(hear(client).await, None, "server {server} is gone");
    }
    let (mut newcomer, _) = cluster.connect().await;
    say(&mut newcomer, "I am back").await;
    for (client, _) in clients.iter_mut().filter(|(_, server)| server != "2") {
        assert_eq!(hear(client).await.expect("a line").1, "I am back");
    }
    cluster.interrupt().await;
}

#[tokio::test]
async fn everyone_hears_everyone_over_redis() {
    everyone_hears_everyone("redis").await;
}

#[tokio::test]
async fn everyone_hears_everyone_over_nats() {
    everyone_hears_everyone("nats").await;
}

#[tokio::test]
async fn what_is_missing_is_said() {
    // With a broker, as far as can be seen from outside.
    let folder = std::env::temp_dir().join(format!("sockeye-cluster-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("redis-server"), "").unwrap();
    for (arguments, path, words) in [
        (&[][..], "/nowhere", "`apt-get install redis-server` or `apt-get install nats-server`"),
        (
            &["--broker", "nats"],
            "/nowhere",
            "there is no broker on this machine: `apt-get install nats-server`",
        ),
        (&[], folder.to_str().unwrap(), "nginx is not on this machine: `apt-get install nginx`"),
        (&["--broker", "kafka"], "/nowhere", "`redis` or `nats`"),
        (&["kafka"], "/nowhere", "the only argument is"),
    ] {
        let output = within(program(arguments).env("PATH", path).output()).await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(words), "{said}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
