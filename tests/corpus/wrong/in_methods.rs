//! Halves that a method takes out of `self`, and tasks that a method starts.

use std::sync::Arc;

use axum::extract::State;
use sockeye::{Handshake, Hub, Receiver, Sender, Socket, ws_endpoint};
use tokio::sync::{broadcast, watch};

struct Show {
    out: Sender,
    input: Receiver,
    cue: watch::Receiver<u32>,
}

impl Show {
    async fn run(self) -> sockeye::Result {
        let Show { out, mut input, mut cue } = self;
        let push = async move {
            while cue.changed().await.is_ok() {
                let next = *cue.borrow();
                drop(out.send(format!("cue {next}")).await); //~ swallowed_error
            }
        };
        let pull = async move {
            while input.recv().await?.is_some() {}
            Ok(())
        };
        tokio::join!(push, pull).1
    }

    async fn run_by_field(self) -> sockeye::Result {
        let out = self.out;
        let mut events = self.cue;
        let mut input = self.input;
        let push = async move {
            loop {
                if events.changed().await.is_err() {
                    return;
                }
                out.send(events.borrow().to_string()).await.unwrap_or_default(); //~ swallowed_error
            }
        };
        let pull = async move {
            while input.recv().await?.is_some() {}
            Ok(())
        };
        futures_util::future::join(push, pull).await.1
    }

    async fn run_renamed(self) -> sockeye::Result {
        let Self { out: sender, input: mut receiver, cue: mut next } = self;
        let push = async {
            while next.changed().await.is_ok() {
                let text = next.borrow().to_string();
                let _ = sender.send(text).await; //~ swallowed_error
            }
        };
        let pull = async {
            while receiver.recv().await?.is_some() {}
            Ok(())
        };
        tokio::join!(push, pull).1
    }
}

/// Cues for the lights.
#[ws_endpoint("/in_methods/lights")]
async fn lights(handshake: Handshake, State(cue): State<watch::Receiver<u32>>) -> sockeye::Result {
    let (out, input) = handshake.accept().await?.split();
    Show { out, input, cue }.run().await
}

/// The same cues.
#[ws_endpoint("/in_methods/lights_by_field")]
async fn lights_by_field(handshake: Handshake, State(cue): State<watch::Receiver<u32>>) -> sockeye::Result {
    let (out, input) = handshake.accept().await?.split();
    Show { out, input, cue }.run_by_field().await
}

/// The same cues.
#[ws_endpoint("/in_methods/lights_renamed")]
async fn lights_renamed(handshake: Handshake, State(cue): State<watch::Receiver<u32>>) -> sockeye::Result {
    let (out, input) = handshake.accept().await?.split();
    let show = Show { out, input, cue };
    show.run_renamed().await
}

#[derive(Clone)]
struct Arm {
    angles: broadcast::Sender<String>,
    commands: Hub<String>,
}

impl Arm {
    fn start(&self, out: Sender) {
        let angles = self.angles.subscribe();
        tokio::spawn(telemetry(out, angles)); //~ detached_task
    }

    async fn start_here(self: &Arc<Self>, out: Sender) {
        let mut commands = self.commands.topic("all").subscribe();
        tokio::spawn(async move { //~ detached_task
            while let Ok(command) = commands.next().await {
                if out.send(command).await.is_err() {
                    return;
                }
            }
        });
    }
}

async fn telemetry(out: Sender, mut angles: broadcast::Receiver<String>) {
    while let Ok(angle) = angles.recv().await { //~ lagged_feed
        if out.send(angle).await.is_err() {
            return;
        }
    }
}

/// Commands for the arm, and its angles in return.
#[ws_endpoint("/in_methods/arm")]
async fn arm(handshake: Handshake, State(arm): State<Arm>) -> sockeye::Result {
    let (out, mut incoming) = handshake.accept().await?.split();
    arm.start(out);
    while incoming.recv().await?.is_some() {}
    Ok(())
}

/// The commands that others give.
#[ws_endpoint("/in_methods/commands")]
async fn commands(handshake: Handshake, State(arm): State<Arc<Arm>>) -> sockeye::Result {
    let socket: Socket = handshake.accept().await?;
    let (out, mut incoming) = socket.split();
    arm.start_here(out).await;
    while incoming.recv().await?.is_some() {}
    Ok(())
}

struct Book {
    db: Arc<std::sync::Mutex<rusqlite::Connection>>,
    log: std::sync::Mutex<std::fs::File>,
}

impl Book {
    fn sign(&self, name: &str) -> usize {
        let db = self.db.lock().unwrap();
        db.execute("INSERT INTO guests (name) VALUES (?1)", [name]).unwrap_or(0)
    }

    fn note(&self, line: &str) {
        use std::io::Write;
        let _ = self.log.lock().unwrap().write_all(line.as_bytes());
    }
}

fn last_of(book: &Book) -> String {
    let db = book.db.lock().unwrap();
    db.query_row("SELECT name FROM guests", [], |row| row.get(0)).unwrap_or_default()
}

/// Signs the guest book.
#[ws_endpoint("/in_methods/book")]
async fn book(handshake: Handshake, State(book): State<Arc<Book>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(last_of(&book)).await?; //~ blocking_call
    while let Some(message) = socket.recv().await? {
        let Some(name) = message.as_text() else { continue };
        let count = book.sign(name); //~ blocking_call
        book.note(name); //~ blocking_call
        socket.send(format!("{count} row(s)")).await?;
    }
    Ok(())
}

/// The database is behind a field of the state.
#[ws_endpoint("/in_methods/guests")]
async fn guests(handshake: Handshake, State(book): State<Arc<Book>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let name: String = {
            let db = book.db.lock().unwrap();
            db.query_row("SELECT name FROM guests", [], |row| row.get(0)).unwrap_or_default() //~ blocking_call
        };
        socket.send(name).await?;
    }
    Ok(())
}

struct Caller {
    socket: Socket,
    calls: u64,
}

impl Caller {
    /// Answers one message, and ends.
    async fn serve(mut self) -> sockeye::Result { //~ no_receive_loop
        let Some(message) = self.socket.recv().await? else { return Ok(()) };
        self.calls += 1;
        let text = message.as_text().unwrap_or_default().to_uppercase();
        self.socket.send(format!("{}: {text}", self.calls)).await
    }
}

/// Calls.
#[ws_endpoint("/in_methods/caller")]
async fn caller(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    Caller { socket, calls: 0 }.serve().await
}

struct Machine {
    replies: Arc<std::sync::Mutex<std::sync::mpsc::Receiver<String>>>,
}

impl Machine {
    fn reply(&self) -> Option<String> {
        let replies = self.replies.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        replies.recv_timeout(std::time::Duration::from_secs(5)).ok()
    }
}

/// What the machine says.
#[ws_endpoint("/in_methods/machine")]
async fn machine(handshake: Handshake, State(machine): State<Arc<Machine>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let reply = machine.reply(); //~ blocking_call
        socket.send(reply.unwrap_or_default()).await?;
    }
    Ok(())
}
