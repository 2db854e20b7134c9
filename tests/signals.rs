//! Signals to a real program: they stop its server, and belong to the program again when the server has ended.
#![cfg(target_os = "linux")]

use std::{
    io::{BufRead as _, BufReader},
    os::unix::process::ExitStatusExt as _,
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
};

use futures_util::FutureExt as _;
use sockeye::{Handshake, Server, ws_endpoint};
use sockeye_tests::{close_of, hear, logs, say, within};
use tokio_tungstenite::{connect_async, tungstenite::Message};

/// `tests/src/bin/ends.rs`: goes on for a minute after its server has ended.
const ENDS: &str = env!("CARGO_BIN_EXE_ends");

const HANGUP: i32 = 1;
const INTERRUPT: i32 = 2;
const TERMINATE: i32 = 15;

/// The program, killed when the test is over.
struct Program {
    child: Child,
    out: BufReader<ChildStdout>,
    _err: BufReader<ChildStderr>,
    address: String,
}

impl Program {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let mut err = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        while !line.contains("ws://") {
            line.clear();
            assert_ne!(err.read_line(&mut line).expect("text"), 0, "it ended before it listened");
        }
        let address = line.trim().rsplit_once("ws://").expect("an address").1.to_owned();
        Self { child, out, _err: err, address }
    }

    fn signal(&self, number: i32) {
        let kill = Command::new("kill").arg(format!("-{number}")).arg(self.child.id().to_string()).status();
        assert!(kill.expect("kill is there").success());
    }

    fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("text");
        line.trim().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first signal closes sockets with 1001 and ends `serve`; the second ends the program, as it would without Sockeye.
async fn twice(number: i32) {
    let mut program = Program::start(&mut Command::new(ENDS));
    let (mut client, _) = connect_async(format!("ws://{}/echo", program.address)).await.expect("it serves");
    say(&mut client, "hello").await;
    assert_eq!(hear(&mut client).await, Message::text("hello"));
    program.signal(number);
    assert_eq!(close_of(&mut client).await.0, 1001);
    assert_eq!(program.next_line(), "served");
    program.signal(number);
    assert_eq!(program.child.wait().expect("it ends").signal(), Some(number));
    assert_eq!(program.next_line(), "", "it was ended before it ended itself");
}

#[tokio::test]
async fn ctrl_c_ends_the_server_and_then_the_program() {
    twice(INTERRUPT).await;
}

#[tokio::test]
async fn sigterm_ends_the_server_and_then_the_program() {
    twice(TERMINATE).await;
}

#[tokio::test]
async fn sighup_ends_the_server_and_then_the_program() {
    twice(HANGUP).await;
}

#[tokio::test]
async fn sighup_is_left_alone_under_nohup() {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\"", ENDS]);
    let mut program = Program::start(&mut command);
    program.signal(HANGUP);
    let (mut client, _) = connect_async(format!("ws://{}/echo", program.address)).await.expect("it serves");
    say(&mut client, "still here").await;
    assert_eq!(hear(&mut client).await, Message::text("still here"));
    program.signal(TERMINATE);
    assert_eq!(program.next_line(), "served");
}

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_dropped_closes_its_sockets() {
    logs::listen();
    let (told, address) = tokio::sync::oneshot::channel();
    let server = Server::new().on_listen(|address| told.send(address).expect("the test waits"));
    let serving = tokio::spawn(server.serve("127.0.0.1:0"));
    let address = within(address).await.expect("it listens");
    let (mut client, _) = connect_async(format!("ws://{address}/echo")).await.expect("it serves");
    say(&mut client, "hello").await;
    assert_eq!(hear(&mut client).await, Message::text("hello"));
    serving.abort();
    assert!(serving.await.expect_err("aborted").is_cancelled());
    assert_eq!(close_of(&mut client).await, (1001, "the server is stopping".to_owned()));
    let said = "the server future was dropped before it completed; its connections are closed";
    assert!(logs::with("message", said).iter().any(|line| line.get("open") == "1"));
}

/// Outside of a runtime there is nothing that could send a close frame; the connection ends all the same.
#[test]
fn a_server_that_is_dropped_with_its_runtime_ends() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let (told, address) = std::sync::mpsc::channel();
    let server = Server::new().on_listen(move |address| told.send(address).expect("the test waits"));
    let mut serving = Box::pin(server.serve("127.0.0.1:0"));
    let address = runtime.block_on(async {
        while (&mut serving).now_or_never().is_none() {
            if let Ok(address) = address.try_recv() {
                return address;
            }
            tokio::task::yield_now().await;
        }
        panic!("it ended");
    });
    drop(serving);
    let refused = std::net::TcpStream::connect(address).expect_err("nobody listens");
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}
