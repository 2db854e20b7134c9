//! Handlers that block a thread of the runtime: named while they do, and no hindrance to the end of the process.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::Duration,
};

use sockeye::{Handshake, Server, Watchdog, ws_endpoint};
use sockeye_tests::{PATIENCE, block_until, hear, logs, say, start, within};
use tokio::sync::oneshot;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, Message},
};
use tracing::Level;

/// What the log says of blocked threads for this peer.
fn lines_of(peer: &str) -> Vec<logs::Line> {
    let mut lines = logs::with("rule", "blocked_thread");
    lines.retain(|line| line.get("peer") == peer);
    lines
}

/// Blocks until the log says so.
#[ws_endpoint("/blocks")]
async fn blocks(handshake: Handshake) -> sockeye::Result {
    let peer = handshake.peer().map(|peer| peer.to_string()).unwrap_or_default();
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        block_until(|| !lines_of(&peer).is_empty(), PATIENCE / 2);
        socket.send(peer.as_str()).await?;
    }
    Ok(())
}

/// Blocks until somebody was echoed something, which is in `ECHOED`.
#[ws_endpoint("/waits")]
async fn waits(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let before = ECHOED.load(Ordering::SeqCst);
        BLOCKING.store(true, Ordering::SeqCst);
        block_until(|| ECHOED.load(Ordering::SeqCst) != before, PATIENCE / 4);
        BLOCKING.store(false, Ordering::SeqCst);
        let has_come = ECHOED.load(Ordering::SeqCst) != before;
        socket.send(if has_come { "another was served" } else { "nobody was served" }).await?;
    }
    Ok(())
}

/// Somebody blocks in `/waits`.
static BLOCKING: AtomicBool = AtomicBool::new(false);
static ECHOED: AtomicU32 = AtomicU32::new(0);

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        ECHOED.fetch_add(1, Ordering::SeqCst);
        socket.send(message).await?;
    }
    Ok(())
}

/// Has not decided when it blocks.
#[ws_endpoint("/early")]
async fn early(handshake: Handshake) -> sockeye::Result {
    let peer = handshake.peer().map(|peer| peer.to_string()).unwrap_or_default();
    block_until(|| !lines_of(&peer).is_empty(), PATIENCE / 2);
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        socket.send(peer.as_str()).await?;
    }
    Ok(())
}

/// Has a task that blocks.
#[ws_endpoint("/task")]
async fn task(handshake: Handshake) -> sockeye::Result {
    let peer = handshake.peer().map(|peer| peer.to_string()).unwrap_or_default();
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let (done, is_done) = oneshot::channel();
        let about = peer.clone();
        socket.spawn(async move {
            block_until(|| !lines_of(&about).is_empty(), PATIENCE / 2);
            _ = done.send(());
        });
        _ = is_done.await;
        socket.send(peer.as_str()).await?;
    }
    Ok(())
}

/// Blocks a thread that it has given to others before.
#[ws_endpoint("/in_place")]
async fn in_place(handshake: Handshake) -> sockeye::Result {
    let peer = handshake.peer().map(|peer| peer.to_string()).unwrap_or_default();
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        tokio::task::block_in_place(|| block_until(|| !lines_of(&peer).is_empty(), Duration::from_secs(3)));
        socket.send(peer.as_str()).await?;
    }
    Ok(())
}

/// What is logged of a handler that was sent a message, until it has answered.
async fn logged(path: &str, watchdog: Watchdog) -> Vec<logs::Line> {
    logs::listen();
    let server = start(Server::new().watchdog(watchdog)).await;
    let mut client = server.connect(path).await;
    say(&mut client, "go").await;
    let Message::Text(peer) = hear(&mut client).await else { panic!("no text") };
    lines_of(&peer)
}

/// One error, however long it goes on.
async fn is_named(endpoint: &str) {
    let lines = logged(&format!("/{endpoint}"), Watchdog::default()).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((lines[0].level, lines[0].get("endpoint")), (Level::ERROR, endpoint));
    assert!(lines[0].get("reason").contains("blocked its thread for 1s"), "{lines:?}");
    assert!(lines[0].get("remedy").contains("`tokio::task::spawn_blocking`"), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_only_worker_is_blocked() {
    is_named("blocks").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_workers_is_blocked() {
    is_named("blocks").await;
}

#[tokio::test]
async fn a_runtime_of_one_thread_is_blocked() {
    is_named("blocks").await;
}

#[tokio::test]
async fn a_handler_that_blocks_before_it_decides_is_named() {
    is_named("early").await;
}

#[tokio::test]
async fn a_task_of_a_handler_is_named_as_the_handler() {
    is_named("task").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_that_was_given_to_others_is_not_blocked() {
    let eager = Watchdog::after(Duration::from_millis(200));
    assert!(logged("/in_place", eager).await.is_empty());
    // The same watchdog does see what blocks.
    assert_eq!(logged("/blocks", eager).await.len(), 1);
}

/// The blocked worker may be the one that waits for the network: which one it is, is for tokio to say, so it is tried more than once. The
/// other client has a thread of its own, which needs nothing of the runtime.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_worker_does_not_keep_others_waiting() {
    logs::listen();
    let server = start(Server::new()).await;
    let mut client = server.connect("/waits").await;
    for round in 0..6 {
        let addr = server.addr;
        let other = thread::spawn(move || {
            block_until(|| BLOCKING.load(Ordering::SeqCst), PATIENCE);
            let stream = TcpStream::connect(addr).expect("connects");
            let (mut other, _) = tungstenite::client(format!("ws://{addr}/echo"), stream).expect("accepted");
            other.send(Message::text("hello")).expect("sent");
            assert_eq!(other.read().expect("an echo"), Message::text("hello"));
        });
        say(&mut client, "go").await;
        assert_eq!(hear(&mut client).await, Message::text("another was served"), "round {round}");
        other.join().expect("it was served");
    }
}

fn lines_without_peer() -> Vec<logs::Line> {
    let mut lines = lines_of("");
    lines.retain(|line| line.get("message") == "a thread of the runtime is blocked");
    lines
}

/// A route of the program, which Sockeye knows nothing of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_code_that_blocks_is_logged_and_does_not_keep_others_waiting() {
    logs::listen();
    let before = lines_without_peer().len();
    let blocks = move || {
        block_until(
            || lines_without_peer().len() > before && OTHERS.load(Ordering::SeqCst) == 6,
            PATIENCE / 2,
        );
    };
    let page = axum::Router::new().route("/blocks", axum::routing::get(async move || blocks()));
    let server = start(Server::new().router(page)).await;
    let addr = server.addr;
    // Clients with threads of their own, which need nothing of the runtime.
    let others = thread::spawn(move || {
        let mut page = TcpStream::connect(addr).expect("connects");
        page.write_all(b"GET /blocks HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
        for _ in 0..6 {
            let stream = TcpStream::connect(addr).expect("connects");
            let (mut other, _) = tungstenite::client(format!("ws://{addr}/echo"), stream).expect("accepted");
            other.send(Message::text("hello")).expect("sent");
            assert_eq!(other.read().expect("an echo"), Message::text("hello"));
            OTHERS.fetch_add(1, Ordering::SeqCst);
        }
        let mut answer = [0; 12];
        page.read_exact(&mut answer).expect("an answer");
        answer
    });
    let answer =
        within(tokio::task::spawn_blocking(|| others.join().expect("served"))).await.expect("joined");
    assert_eq!(&answer, b"HTTP/1.1 200");
    let lines = lines_without_peer();
    // Other tests of this process may have had a thread blocked as well.
    assert!(lines.len() > before, "{lines:?}");
    assert_eq!(lines[before].level, Level::ERROR);
    assert!(lines[before].get("reason").contains("a route, a layer, a health check"), "{lines:?}");
}

/// Clients that were served while a route blocked.
static OTHERS: AtomicU32 = AtomicU32::new(0);

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_watchdog_can_be_turned_off() {
    assert!(logged("/blocks", Watchdog::off()).await.is_empty());
}

/// `tests/src/bin/blocks.rs`.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Has the program block for so many milliseconds, tells it to stop, and gives its status, standard output and error.
async fn stopped_while_it_blocks(how: &str, milliseconds: u32) -> (ExitStatus, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_blocks"));
    command.arg(how).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Program(command.spawn().expect("it runs"));
    let mut err = BufReader::new(program.0.stderr.take().expect("piped"));
    let mut line = String::new();
    err.read_line(&mut line).expect("text");
    let address = line.trim().rsplit_once("ws://").expect("an address").1;
    let (mut client, _) = within(connect_async(format!("ws://{address}/report"))).await.expect("it serves");
    say(&mut client, &milliseconds.to_string()).await;
    assert_eq!(hear(&mut client).await, Message::text("it begins"));
    let kill = Command::new("kill").arg(program.0.id().to_string()).status();
    assert!(kill.expect("kill is there").success());
    let status = ends(&mut program.0).await;
    let mut out = String::new();
    program.0.stdout.take().expect("piped").read_to_string(&mut out).expect("text");
    let mut rest = String::new();
    err.read_to_string(&mut rest).expect("text");
    (status, out, rest)
}

/// Waits for less than the minute for which it blocks.
async fn ends(child: &mut Child) -> ExitStatus {
    let ended = async {
        loop {
            if let Some(status) = child.try_wait().expect("it is ours") {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(45), ended).await.expect("it ends before its handler does")
}

const MINUTE: u32 = 60_000;

fn says_why(err: &str, who: &str) {
    let said: Vec<_> = err.lines().filter(|line| line.contains("the server cannot stop")).collect();
    assert_eq!(said.len(), 1, "{err}");
    for part in ["sockeye: ERROR: ", who, "rule=blocked_thread", "help: ", "spawn_blocking"] {
        assert!(said[0].contains(part), "`{part}` is not in {said:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_blocked_runtime_of_one_thread_does_not_outlive_a_signal() {
    let (status, _, err) = stopped_while_it_blocks("one", MINUTE).await;
    assert_eq!(status.code(), Some(1), "{err}");
    says_why(&err, "endpoint=report");
}

#[cfg(unix)]
#[tokio::test]
async fn a_task_of_the_program_that_blocks_the_only_thread_does_not_outlive_a_signal() {
    let (status, _, err) = stopped_while_it_blocks("task", MINUTE).await;
    assert_eq!(status.code(), Some(1), "{err}");
    says_why(&err, "something other than a handler blocks");
}

/// The server ends in time there, but its runtime would wait for the thread.
#[cfg(unix)]
#[tokio::test]
async fn a_blocked_worker_does_not_outlive_a_signal_but_lets_the_program_clean_up() {
    let (status, out, err) = stopped_while_it_blocks("many", MINUTE).await;
    assert_eq!((status.code(), out.as_str()), (Some(1), "cleaned up\n"), "{err}");
    says_why(&err, "endpoint=report");
}

/// The server ends in time there, and its runtime would wait for the thread.
#[cfg(unix)]
async fn does_not_outlive_a_signal(what: &str) {
    let (status, out, err) = stopped_while_it_blocks(what, MINUTE).await;
    assert_eq!((status.code(), out.as_str()), (Some(1), "cleaned up\n"), "{err}");
    says_why(&err, "something other than a handler blocks");
}

#[cfg(unix)]
#[tokio::test]
async fn a_health_check_that_blocks_does_not_outlive_a_signal() {
    does_not_outlive_a_signal("health").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_route_that_blocks_does_not_outlive_a_signal() {
    does_not_outlive_a_signal("route").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_layer_that_blocks_does_not_outlive_a_signal() {
    does_not_outlive_a_signal("layer").await;
}

/// Sockeye knows nothing of the task, which may be saving data.
#[cfg(unix)]
#[tokio::test]
async fn a_task_of_the_program_is_waited_for() {
    let (status, out, err) = stopped_while_it_blocks("aside", 8_000).await;
    assert_eq!((status.code(), out.as_str()), (Some(0), "cleaned up\n"), "{err}");
    assert!(!err.contains("cannot stop"), "{err}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_end_of_the_process_can_be_turned_off() {
    let (status, out, err) = stopped_while_it_blocks("patient", 8_000).await;
    assert_eq!((status.code(), out.as_str()), (Some(0), "cleaned up\n"), "{err}");
    assert!(
        err.contains("a handler blocks a thread of the runtime") && !err.contains("cannot stop"),
        "{err}"
    );
}
