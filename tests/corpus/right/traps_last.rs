//! Functions that are not `async`, results that are looked at in passing, joined sends, and names of other crates.

use std::{future::Future, pin::Pin, sync::mpsc as std_mpsc, time::Duration};

use axum::extract::State;
use sockeye::{CloseCode, Error, Handshake, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    runtime::Handle,
    sync::{broadcast, mpsc},
    time::{interval, sleep},
};

/// A function that gives a boxed future.
fn boxed(handshake: Handshake) -> Pin<Box<dyn Future<Output = sockeye::Result> + Send>> {
    Box::pin(async move {
        let mut socket = handshake.accept().await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    })
}

/// A function that gives a future of its own.
fn unboxed(mut socket: Socket) -> impl Future<Output = sockeye::Result> + Send {
    async move {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        socket.close(CloseCode::NORMAL, "").await
    }
}

/// Uses the first.
#[ws_endpoint("/last/boxed")]
async fn uses_boxed(handshake: Handshake) -> sockeye::Result {
    boxed(handshake).await
}

/// Uses the second.
#[ws_endpoint("/last/unboxed")]
async fn uses_unboxed(handshake: Handshake) -> sockeye::Result {
    unboxed(handshake.accept().await?).await
}

/// A thread that waits for work, and ends by a panic when there is none any more: it is no task.
fn worker(sender: Sender, work: std_mpsc::Receiver<String>, handle: Handle) {
    loop {
        let text = work.recv().expect("work");
        let _ = handle.block_on(sender.send(text));
    }
}

/// A function for `spawn_blocking` that asks for the runtime itself.
fn answers(sender: &Sender, count: usize) -> usize {
    let mut sent = 0;
    for number in 0..count {
        if Handle::current().block_on(sender.send(number.to_string())).is_ok() {
            sent += 1;
        }
    }
    sent
}

/// Uses both.
#[ws_endpoint("/last/threads")]
async fn threads(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (tx, rx) = std_mpsc::channel();
    let (handle, clone) = (Handle::current(), sender.clone());
    std::thread::spawn(move || worker(clone, rx, handle));
    while let Some(message) = receiver.recv().await? {
        tx.send(format!("{message:?}"))?;
        let sender = sender.clone();
        let sent = tokio::task::spawn_blocking(move || answers(&sender, 3)).await?;
        tracing::debug!(sent);
    }
    Ok(())
}

/// `Option` as the result of a helper.
async fn while_open(socket: &mut Socket) -> Option<()> {
    loop {
        let message = socket.recv().await.ok()??;
        socket.send(message).await.ok()?;
    }
}

/// Uses it, and looks at results in passing.
#[ws_endpoint("/last/in-passing")]
async fn in_passing(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let _ = socket.send("welcome").await?;
    let mut errors = Vec::new();
    loop {
        let Some(message) = socket.recv().await? else { break };
        let () = socket.send(message.clone()).await?;
        socket.send(message).await.map_err(|error| errors.push(error)).ok();
        if !errors.is_empty() {
            break;
        }
    }
    while_open(&mut socket).await;
    Ok(())
}

/// Failures are kept by closures.
async fn keep_failures(sender: &Sender, mut events: broadcast::Receiver<String>) -> Vec<Error> {
    let mut errors = Vec::new();
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => break,
        };
        let _ = sender.send(event).await.map_err(|error| errors.push(error));
        if errors.len() == 3 {
            break;
        }
    }
    errors
}

/// Failures end the loop by a flag that a closure sets.
#[ws_endpoint("/last/flag-in-closure")]
async fn flag_in_closure(
    handshake: Handshake,
    State(events): State<broadcast::Sender<String>>,
) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut gone = false;
        loop {
            sleep(Duration::from_secs(1)).await;
            let _ = sender.send("tick").await.inspect_err(|_| gone = true);
            if gone {
                break;
            }
        }
        keep_failures(&sender, events.subscribe()).await.len()
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    let (failed, ()) = tokio::join!(write, read);
    tracing::debug!(failed);
    Ok(())
}

/// Sends that are joined fail together.
#[ws_endpoint("/last/joined")]
async fn joined(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        for _ in 0..message.len() {
            tokio::try_join!(socket.send("one"), socket.send("two"))?;
        }
        for _ in 0..2 {
            let (one, two) = tokio::join!(socket.feed("one"), socket.feed("two"));
            one.and(two)?;
        }
        for _ in 0..2 {
            if tokio::try_join!(socket.send("one"), socket.flush()).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The same in a loop beside the one that receives.
#[ws_endpoint("/last/joined-beside")]
async fn joined_beside(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            tokio::try_join!(sender.send("one"), sender.send("two"))?;
        }
        #[allow(unreachable_code)]
        Ok::<(), Error>(())
    };
    let read = async {
        while receiver.recv().await?.is_some() {}
        Ok::<(), Error>(())
    };
    let (written, read) = tokio::join!(write, read);
    written.and(read)
}

/// The task's block stands in a block.
#[ws_endpoint("/last/task-in-block")]
async fn task_in_block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (tx, mut rx) = mpsc::channel::<Message>(8);
    tokio::spawn({
        let sender = sender.clone();
        async move {
            while let Some(message) = rx.recv().await {
                if sender.send(message).await.is_err() {
                    return;
                }
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        tx.send(message).await?;
    }
    Ok(())
}

/// A helper that says goodbye and gives the error with which the handler ends.
async fn kicked(socket: Socket, why: &str) -> Error {
    let _ = socket.send(format!("kicked: {why}")).await;
    Error::close(CloseCode::POLICY_VIOLATION, why)
}

/// Uses it.
#[ws_endpoint("/last/kicked")]
async fn kicks(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(message) if message.is_empty() => return Err(kicked(socket, "empty").await),
            Some(message) => socket.send(message).await?,
            None => return Ok(()),
        }
    }
}

/// Halves of tokio's channels have the same names as those of a socket.
mod channels {
    use tokio::sync::mpsc::{Receiver, Sender};

    pub(super) async fn forward(sender: Sender<String>, mut receiver: Receiver<String>) {
        loop {
            let Some(text) = receiver.recv().await else { break };
            sender.send(text).await.unwrap();
        }
    }

    pub(super) async fn fill(sender: &Sender<String>) {
        let mut left = 3;
        while left > 0 {
            left -= 1;
            let _ = sender.send(left.to_string()).await;
        }
    }
}

/// Uses them.
#[ws_endpoint("/last/channels")]
async fn with_channels(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tx, rx) = mpsc::channel(8);
    let (other, mut there) = mpsc::channel(8);
    channels::fill(&tx).await;
    drop(tx);
    channels::forward(other, rx).await;
    while let Some(text) = there.recv().await {
        socket.feed(text).await?;
    }
    socket.flush().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Gives back what it was given, when somebody is ready.
async fn lobby(socket: Socket, mut ready: broadcast::Receiver<()>) -> sockeye::Result<(Socket, Receiver)> {
    ready.recv().await?;
    socket.send("ready").await?;
    let (sender, receiver) = socket.split();
    sender.send("split").await?;
    Err(Error::close(CloseCode::NORMAL, format!("{:?}", receiver.peer())))
}
