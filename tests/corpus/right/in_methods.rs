//! Halves that a method takes out of `self`, and tasks that a method starts.

use std::sync::Arc;

use axum::extract::State;
use sockeye::{Handshake, Hub, Receiver, Sender, ws_endpoint};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

struct Show {
    out: Sender,
    input: Receiver,
    cue: watch::Receiver<u32>,
    stop: CancellationToken,
}

impl Show {
    async fn run(self) -> sockeye::Result {
        let Show { out, mut input, mut cue, .. } = self;
        let push = async move {
            while cue.changed().await.is_ok() {
                let next = *cue.borrow();
                if out.send(format!("cue {next}")).await.is_err() {
                    break;
                }
            }
        };
        let pull = async move {
            while input.recv().await?.is_some() {}
            Ok(())
        };
        tokio::join!(push, pull).1
    }

    /// Whichever ends first ends the other one.
    async fn run_until(self) -> sockeye::Result {
        let Self { out: sender, input: mut receiver, cue: mut next, .. } = self;
        let push = async {
            while next.changed().await.is_ok() {
                let text = next.borrow().to_string();
                let _ = sender.send(text).await;
            }
        };
        let pull = async {
            while receiver.recv().await?.is_some() {}
            Ok(())
        };
        tokio::select! {
            () = push => Ok(()),
            result = pull => result,
        }
    }

    /// The end of the input ends what pushes.
    async fn run_with_token(self) -> sockeye::Result {
        let Show { out, mut input, mut cue, stop } = self;
        let stopped = stop.clone();
        let push = async move {
            loop {
                tokio::select! {
                    () = stopped.cancelled() => return,
                    changed = cue.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        let text = cue.borrow().to_string();
                        let _ = out.send(text).await;
                    }
                }
            }
        };
        let pull = async move {
            let mut result = Ok(());
            loop {
                match input.recv().await {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(error) => {
                        result = Err(error);
                        break;
                    }
                }
            }
            stop.cancel();
            result
        };
        tokio::join!(push, pull).1
    }
}

/// Cues for the lights, in three ways.
#[ws_endpoint("/in_methods/lights")]
async fn lights(
    handshake: Handshake,
    State(cue): State<watch::Receiver<u32>>,
    State(way): State<u8>,
) -> sockeye::Result {
    let (out, input) = handshake.accept().await?.split();
    let show = Show { out, input, cue, stop: CancellationToken::new() };
    match way {
        0 => show.run().await,
        1 => show.run_until().await,
        _ => show.run_with_token().await,
    }
}

#[derive(Clone)]
struct Arm {
    angles: broadcast::Sender<String>,
    commands: Hub<String>,
}

impl Arm {
    /// The connection ends it.
    fn start(&self, out: &Sender) {
        let angles = self.angles.subscribe();
        out.spawn(telemetry(out.clone(), angles));
    }

    /// Whoever calls it ends it.
    fn start_kept(self: &Arc<Self>, out: Sender) -> tokio::task::JoinHandle<()> {
        let mut commands = self.commands.topic("all").subscribe();
        tokio::spawn(async move {
            while let Ok(command) = commands.next().await {
                if out.send(command).await.is_err() {
                    return;
                }
            }
        })
    }

    /// It ends soon.
    fn greet(&self, out: Sender) {
        let count = self.angles.receiver_count();
        tokio::spawn(async move { out.send(format!("{count} are here")).await });
    }
}

async fn telemetry(out: Sender, mut angles: broadcast::Receiver<String>) {
    loop {
        match angles.recv().await {
            Ok(angle) => {
                if out.send(angle).await.is_err() {
                    return;
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// Commands for the arm, and its angles in return.
#[ws_endpoint("/in_methods/arm")]
async fn arm(handshake: Handshake, State(arm): State<Arc<Arm>>) -> sockeye::Result {
    let (out, mut incoming) = handshake.accept().await?.split();
    arm.greet(out.clone());
    arm.start(&out);
    let task = arm.start_kept(out);
    let result = loop {
        match incoming.recv().await {
            Ok(Some(_)) => {}
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    task.abort();
    result
}

/// A struct that is taken apart where it was made.
#[ws_endpoint("/in_methods/apart")]
async fn apart(handshake: Handshake, State(cue): State<watch::Receiver<u32>>) -> sockeye::Result {
    let (out, input) = handshake.accept().await?.split();
    let show = Show { out, input, cue, stop: CancellationToken::new() };
    let Show { out, mut input, mut cue, .. } = show;
    loop {
        tokio::select! {
            message = input.recv() => {
                if message?.is_none() {
                    return Ok(());
                }
            }
            changed = cue.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let text = cue.borrow().to_string();
                out.send(text).await?;
            }
        }
    }
}

/// It looks like a database, and is a list.
struct Connection(std::sync::Mutex<Vec<String>>);

impl Connection {
    fn execute(&self, line: &str) -> usize {
        let mut lines = self.0.lock().unwrap();
        lines.push(line.to_owned());
        lines.len()
    }
}

struct Book {
    db: Arc<Connection>,
    log: tokio::sync::Mutex<tokio::fs::File>,
    file: Arc<std::sync::Mutex<std::fs::File>>,
}

impl Book {
    fn sign(&self, name: &str) -> usize {
        self.db.execute(name)
    }

    async fn note(&self, line: &str) {
        use tokio::io::AsyncWriteExt;
        let mut log = self.log.lock().await;
        let _ = log.write_all(line.as_bytes()).await;
    }

    /// On a thread for that.
    async fn keep(&self, line: String) -> bool {
        let file = Arc::clone(&self.file);
        let kept = tokio::task::spawn_blocking(move || {
            use std::io::Write;
            file.lock().unwrap().write_all(line.as_bytes()).is_ok()
        });
        kept.await.unwrap_or(false)
    }
}

/// Signs the guest book.
#[ws_endpoint("/in_methods/book")]
async fn book(handshake: Handshake, State(book): State<Arc<Book>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(name) = message.as_text() else { continue };
        let count = book.sign(name);
        book.note(name).await;
        let is_kept = book.keep(name.to_owned()).await;
        socket.send(format!("{count} row(s), kept: {is_kept}")).await?;
    }
    Ok(())
}
