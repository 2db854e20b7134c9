//! More that looks wrong and is not: tasks before the end, loops in loops, work with progress, functions that may block.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use sockeye::{CloseCode, Error, Handshake, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    runtime::Handle,
    sync::{broadcast, mpsc},
    time::{interval, sleep, timeout},
};

/// A task that has nothing to do with the end, and an explicit close.
#[ws_endpoint("/more/task-and-close")]
async fn task_and_close(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(request) = socket.recv().await? else { return Ok(()) };
    tokio::spawn(async move { tracing::info!(?request, "asked") });
    socket.send("accepted").await?;
    socket.close(CloseCode::NORMAL, "").await
}

/// A task of the socket's own, and an error as the end.
#[ws_endpoint("/more/task-and-error")]
async fn task_and_error(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.spawn(async {
        sleep(Duration::from_secs(1)).await;
        tracing::info!("still here after a second");
    });
    socket.send("wait").await?;
    Err(Error::close(CloseCode::TRY_AGAIN_LATER, "later"))
}

/// A `for` with quiet sends, in a loop that receives.
#[ws_endpoint("/more/for-in-talk")]
async fn for_in_talk(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        for _ in 0..3 {
            let _ = socket.send(message.clone()).await;
        }
    }
    Ok(())
}

/// The same with branches, and with `while`.
#[ws_endpoint("/more/while-in-talk")]
async fn while_in_talk(
    handshake: Handshake,
    State(events): State<broadcast::Sender<Vec<String>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            batch = events.recv() => {
                let mut batch = batch?;
                while let Some(line) = batch.pop() {
                    socket.send(line).await.ok();
                }
            }
            message = socket.recv() => match message? {
                Some(message) if message.is_empty() => {
                    for part in ["a", "b"] {
                        _ = socket.feed(part).await;
                    }
                }
                Some(_) => {}
                None => return Ok(()),
            },
        }
    }
}

async fn work() -> String {
    sleep(Duration::from_secs(3)).await;
    "worked".to_owned()
}

/// Tells that it still works, until the work is done; then the result, and the end.
#[ws_endpoint("/more/progress")]
async fn progress(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let still_working = async {
        loop {
            sleep(Duration::from_millis(500)).await;
            socket.send("still working").await?;
        }
    };
    let result: sockeye::Result<String> = tokio::select! {
        result = work() => Ok(result),
        failed = still_working => failed,
    };
    socket.send(result?).await?;
    socket.close(CloseCode::NORMAL, "done").await
}

/// The same, and nobody minds when the progress is not seen.
#[ws_endpoint("/more/quiet-progress")]
async fn quiet_progress(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let result = tokio::select! {
        result = work() => result,
        () = async {
            let mut ticks = interval(Duration::from_millis(500));
            loop {
                ticks.tick().await;
                let _ = socket.send("still working").await;
            }
        } => unreachable!(),
    };
    socket.send(result).await?;
    socket.close(CloseCode::NORMAL, "done").await
}

/// The same with a pinned future and a loop.
#[ws_endpoint("/more/pinned-progress")]
async fn pinned_progress(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut job = std::pin::pin!(work());
    let mut ticks = interval(Duration::from_millis(500));
    let result = loop {
        tokio::select! {
            result = &mut job => break result,
            _ = ticks.tick() => socket.send("still working").await?,
        }
    };
    socket.send(result).await?;
    socket.close(CloseCode::NORMAL, "done").await
}

/// The same with a limit for the whole.
#[ws_endpoint("/more/limited-progress")]
async fn limited_progress(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let beats = async {
        loop {
            sleep(Duration::from_millis(500)).await;
            let _ = socket.send("beat").await;
        }
    };
    let over: Result<(), _> = timeout(Duration::from_secs(10), beats).await;
    tracing::debug!(over = over.is_err());
    socket.close(CloseCode::NORMAL, "ten seconds of beats").await
}

/// A ticker in a task that is aborted when the work is done.
#[ws_endpoint("/more/ticker")]
async fn ticker(handshake: Handshake) -> sockeye::Result {
    let (sender, _receiver) = handshake.accept().await?.split();
    let beats = sender.clone();
    let ticker = tokio::spawn(async move {
        while beats.send("still working").await.is_ok() {
            sleep(Duration::from_millis(500)).await;
        }
    });
    let result = work().await;
    ticker.abort();
    sender.send(result).await?;
    Err(Error::close(CloseCode::NORMAL, "done"))
}

/// A closure accepts.
#[ws_endpoint("/more/closure")]
async fn accepting_closure(handshake: Handshake) -> sockeye::Result {
    let dressed = handshake.origin().is_some();
    let accept = move || {
        let accept = handshake.accept();
        if dressed { accept.header("x-origin", "seen") } else { accept }
    };
    let mut socket = accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A macro accepts and gives the socket the same name.
macro_rules! accept {
    ($handshake:ident) => {
        let mut $handshake = $handshake.accept().await?;
    };
}

/// Uses it.
#[ws_endpoint("/more/rebound")]
async fn rebound(conn: Handshake) -> sockeye::Result {
    accept!(conn);
    conn.send("hello").await?;
    while let Some(message) = conn.recv().await? {
        conn.send(message).await?;
    }
    conn.close(CloseCode::NORMAL, "").await
}

/// A macro that takes the next socket under the same name.
macro_rules! next_of {
    ($socket:ident in $queue:ident) => {
        let Some(mut $socket) = $queue.recv().await else { return Ok(()) };
    };
}

/// One after the other, each is closed.
async fn two_of(mut queue: mpsc::Receiver<Socket>) -> sockeye::Result {
    next_of!(socket in queue);
    while socket.recv().await?.is_some() {}
    socket.close(CloseCode::NORMAL, "").await?;
    next_of!(socket in queue);
    socket.send("your turn").await?;
    while socket.recv().await?.is_some() {}
    socket.close(CloseCode::NORMAL, "").await
}

/// A function that runs on a thread where it may block, with a sender.
fn produce(sender: Sender, handle: &Handle) {
    for number in 0..10 {
        std::thread::sleep(Duration::from_millis(10));
        let text = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        if handle.block_on(sender.send(format!("{number} {text}"))).is_err() {
            break;
        }
    }
}

/// Uses it.
#[ws_endpoint("/more/produce")]
async fn produced(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let handle = Handle::current();
    let work = tokio::task::spawn_blocking(move || produce(sender, &handle));
    while receiver.recv().await?.is_some() {}
    work.await?;
    Ok(())
}

/// A function without `async` that runs a whole conversation on a thread of its own.
fn blocking_conversation(mut socket: Socket, handle: Handle) -> sockeye::Result {
    while let Some(message) = handle.block_on(socket.recv())? {
        std::thread::sleep(Duration::from_millis(1));
        handle.block_on(socket.send(message))?;
    }
    Ok(())
}

/// Uses it.
#[ws_endpoint("/more/blocking-conversation")]
async fn on_a_thread(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || blocking_conversation(socket, handle)).await?
}

/// What is there is taken without waiting; when nothing is there, it waits.
#[ws_endpoint("/more/drain-then-wait")]
async fn drain_then_wait(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::channel::<usize>(8);
    let count = async {
        let mut total = 0;
        loop {
            match rx.try_recv() {
                Ok(size) => total += size,
                Err(_) => {
                    tracing::debug!(total);
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    };
    let listen = async {
        while let Some(message) = socket.recv().await? {
            tx.send(message.len()).await?;
        }
        Ok(())
    };
    tokio::select! {
        () = count => Ok(()),
        result = listen => result,
    }
}

/// Results and options, turned around in every way.
#[ws_endpoint("/more/combinators")]
async fn combinators(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(message) = socket.recv().await.ok().flatten() else { break };
        socket.send(message).await?;
        let Some(text) = socket.recv().await?.and_then(|message| message.as_text().map(str::to_owned)) else {
            return Ok(());
        };
        socket.send(text).await?;
        let next = socket.recv().await.unwrap_or(None);
        if let Some(message) = next.filter(|message| !message.is_empty()) {
            socket.send(message).await?;
        } else {
            break;
        }
        if let Ok(next) = socket.recv().await
            && let Some(message) = next
        {
            socket.send(message).await?;
            continue;
        }
        break;
    }
    Ok(())
}

/// The end is one of several, and comes last.
#[ws_endpoint("/more/wildcards")]
async fn wildcards(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await {
            Ok(Some(Message::Text(text))) => socket.send(text).await?,
            Ok(Some(Message::Binary(_))) => {}
            _ => break Ok(()),
        }
    }
}

/// The guard of the last arm is never false, but that is only known to the author.
#[ws_endpoint("/more/guards")]
async fn guards(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut rounds = 0_u32;
    loop {
        rounds += 1;
        match socket.recv().await? {
            Some(message) if rounds < 1000 => socket.send(message).await?,
            Some(_) => return socket.close(CloseCode::POLICY_VIOLATION, "a thousand").await,
            None if rounds > 0 => return Ok(()),
            None => {}
        }
    }
}

/// A conversation in turns: who speaks is a variable.
#[ws_endpoint("/more/turns")]
async fn turns(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut mine = true;
    loop {
        if mine {
            socket.send("your turn").await?;
        } else if socket.recv().await?.is_none() {
            return Ok(());
        }
        mine = !mine;
    }
}

/// Refuses after it has asked a function, and the function's answer is the end.
#[ws_endpoint("/more/verdict")]
async fn verdict(handshake: Handshake) -> sockeye::Result {
    fn judge(handshake: &Handshake) -> Result<(), Error> {
        if handshake.origin().is_none() {
            return Err(Error::status(StatusCode::FORBIDDEN, "browsers only"));
        }
        Ok(())
    }
    let verdict = judge(&handshake);
    if verdict.is_err() {
        return verdict;
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    verdict
}

/// Half of the connection is in a struct, the other half here.
#[ws_endpoint("/more/outbox")]
async fn with_outbox(handshake: Handshake) -> sockeye::Result {
    struct Outbox {
        sender: Sender,
        sent: usize,
    }
    impl Outbox {
        async fn say(&mut self, text: &str) {
            self.sent += 1;
            let _ = self.sender.send(text).await;
        }
    }
    async fn inbox(mut receiver: Receiver, mut outbox: Outbox) -> sockeye::Result<usize> {
        while let Some(message) = receiver.recv().await? {
            outbox.say(message.as_text().unwrap_or("?")).await;
        }
        Ok(outbox.sent)
    }
    let (sender, receiver) = handshake.accept().await?.split();
    let sent = inbox(receiver, Outbox { sender, sent: 0 }).await?;
    tracing::info!(sent);
    Ok(())
}
