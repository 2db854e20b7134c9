//! Tasks beside the handler: those of the socket, and those of tokio that somebody looks after.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use sockeye::{CloseCode, Handshake, Message, Sender, Socket, ws_endpoint};
use tokio::{
    sync::{Semaphore, broadcast, mpsc, oneshot},
    task::{AbortHandle, JoinHandle, JoinSet},
    time::{interval, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The socket's own tasks end with the connection.
#[ws_endpoint("/tasks/socket-spawn")]
async fn socket_spawn(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::channel::<String>(8);
    socket.spawn(async move {
        while let Some(line) = rx.recv().await {
            tracing::info!(line);
        }
    });
    while let Some(message) = socket.recv().await? {
        tx.send(format!("{message:?}")).await?;
    }
    Ok(())
}

/// A task that has nothing to do with the socket may outlive it.
#[ws_endpoint("/tasks/audit")]
async fn audit(handshake: Handshake) -> sockeye::Result {
    let peer = handshake.peer();
    tokio::spawn(async move {
        sleep(Duration::from_secs(5)).await;
        tracing::info!(?peer, "asked five seconds ago");
    });
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let size = message.len();
        let _ = tokio::spawn(async move { tracing::info!(size) });
        socket.send(message).await?;
    }
    Ok(())
}

/// The task is aborted at the end.
#[ws_endpoint("/tasks/abort")]
async fn abort(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let ticker = tokio::spawn(async move {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if sender.send("tick").await.is_err() {
                break;
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    ticker.abort();
    Ok(())
}

/// Both tasks, and the first that ends takes the other with it.
#[ws_endpoint("/tasks/pair")]
async fn pair(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let mut send_task = tokio::spawn(async move {
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            };
            if sender.send(event).await.is_err() {
                break;
            }
        }
    });
    let mut recv_task = tokio::spawn(async move {
        while let Ok(Some(message)) = receiver.recv().await {
            tracing::debug!(?message);
        }
    });
    tokio::select! {
        _ = &mut send_task => recv_task.abort(),
        _ = &mut recv_task => send_task.abort(),
    }
    Ok(())
}

/// The handle is awaited; `unwrap` is about the task, not about the socket.
#[ws_endpoint("/tasks/awaited")]
async fn awaited(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    tokio::spawn(async move {
        let mut socket = socket;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    })
    .await
    .unwrap()
}

/// The handle is awaited later, by `??`.
#[ws_endpoint("/tasks/awaited-later")]
async fn awaited_later(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let reader = tokio::spawn(async move {
        let mut bytes = 0;
        while let Some(message) = receiver.recv().await? {
            bytes += message.len();
        }
        sockeye::Result::<usize>::Ok(bytes)
    });
    sender.send("go on").await?;
    let bytes = reader.await??;
    tracing::info!(bytes);
    Ok(())
}

/// A set of tasks is aborted when it is dropped.
#[ws_endpoint("/tasks/join-set")]
async fn join_set(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut tasks = JoinSet::new();
    let ticker = sender.clone();
    tasks.spawn(async move {
        loop {
            sleep(Duration::from_secs(1)).await;
            ticker.send("tick").await?;
        }
    });
    tasks.spawn(async move {
        while let Some(message) = receiver.recv().await? {
            sender.send(message).await?;
        }
        Ok::<_, sockeye::Error>(())
    });
    match tasks.join_next().await {
        Some(Ok(result)) => result,
        Some(Err(error)) => Err(error.into()),
        None => Ok(()),
    }
}

/// The task listens to a token that is cancelled by a guard.
#[ws_endpoint("/tasks/token")]
async fn token(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let token = CancellationToken::new();
    let _guard = token.clone().drop_guard();
    tokio::spawn(async move {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    if sender.send("tick").await.is_err() {
                        break;
                    }
                }
                () = token.cancelled() => break,
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The task ends when the channel of this function is dropped.
#[ws_endpoint("/tasks/channel")]
async fn channel(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (replies, mut outbox) = mpsc::channel::<Message>(32);
    tokio::spawn(async move {
        while let Some(reply) = outbox.recv().await {
            if sender.send(reply).await.is_err() {
                break;
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        replies.send(message).await?;
    }
    Ok(())
}

/// The same with an unbounded channel, and `stop` by `oneshot`.
#[ws_endpoint("/tasks/oneshot")]
async fn stop(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (_stop, mut stopped) = oneshot::channel::<()>();
    let _ = tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = &mut stopped => return,
                () = sleep(Duration::from_secs(1)) => {
                    if sender.send("tick").await.is_err() {
                        return;
                    }
                }
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The abort handle is kept in a guard of the user's own.
#[ws_endpoint("/tasks/guard")]
async fn guard(handshake: Handshake) -> sockeye::Result {
    struct AbortOnDrop(AbortHandle);
    impl Drop for AbortOnDrop {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let (sender, mut receiver) = handshake.accept().await?.split();
    let _guard = AbortOnDrop(
        tokio::spawn(async move {
            while sender.send("tick").await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        })
        .abort_handle(),
    );
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// A guard of the `scopeguard` crate, made around the handle.
#[ws_endpoint("/tasks/scopeguard")]
async fn scope_guard(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let task = tokio::spawn(async move {
        while sender.send("tick").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    let _task = scopeguard::guard(task, |task| task.abort());
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// A scope guard of the macro.
#[ws_endpoint("/tasks/defer")]
async fn defer(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    scopeguard::defer! { tracing::info!("the handler has ended") };
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Handles are kept in a vector.
#[ws_endpoint("/tasks/vector")]
async fn vector(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut handles: Vec<JoinHandle<()>> = Vec::new();
    for number in 0..3_u64 {
        let sender = sender.clone();
        handles.push(tokio::spawn(async move {
            while sender.send(number.to_string()).await.is_ok() {
                sleep(Duration::from_secs(number + 1)).await;
            }
        }));
    }
    while receiver.recv().await?.is_some() {}
    handles.iter().for_each(JoinHandle::abort);
    Ok(())
}

/// A tracker waits for what it spawned.
#[ws_endpoint("/tasks/tracker")]
async fn tracker(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let tracker = TaskTracker::new();
    while let Some(message) = receiver.recv().await? {
        let sender = sender.clone();
        tracker.spawn(async move {
            sleep(Duration::from_millis(10)).await;
            let _ = sender.send(message).await;
        });
    }
    tracker.close();
    tracker.wait().await;
    Ok(())
}

/// Replies are worked out at the same time and sent as they are ready.
#[ws_endpoint("/tasks/unordered")]
async fn unordered(handshake: Handshake) -> sockeye::Result {
    async fn work(message: Message) -> String {
        sleep(Duration::from_millis(message.len() as u64)).await;
        format!("{} bytes", message.len())
    }
    let mut socket = handshake.accept().await?;
    let mut jobs = FuturesUnordered::new();
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => jobs.push(work(message)),
                None => break,
            },
            Some(reply) = jobs.next() => socket.send(reply).await?,
        }
    }
    Ok(())
}

/// Sends are futures in a set.
#[ws_endpoint("/tasks/unordered-sends")]
async fn unordered_sends(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut sends = FuturesUnordered::new();
        for _ in 0..message.len().min(8) {
            sends.push(socket.send(message.clone()));
        }
        while let Some(sent) = sends.next().await {
            sent?;
        }
    }
    Ok(())
}

/// Tasks are bounded by a semaphore and carry a clone of the sender each.
#[ws_endpoint("/tasks/semaphore")]
async fn semaphore(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let slots = Arc::new(Semaphore::new(4));
    let mut tasks = JoinSet::new();
    while let Some(message) = receiver.recv().await? {
        let slot = Arc::clone(&slots).acquire_owned().await?;
        let sender = sender.clone();
        tasks.spawn(async move {
            let _slot = slot;
            sender.send(message).await
        });
        while let Some(done) = tasks.try_join_next() {
            done??;
        }
    }
    tasks.shutdown().await;
    Ok(())
}

/// The task is given to a function that returns its handle.
#[ws_endpoint("/tasks/start")]
async fn start(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let ticker = start_ticker(sender);
    while receiver.recv().await?.is_some() {}
    ticker.abort();
    Ok(())
}

fn start_ticker(sender: Sender) -> JoinHandle<()> {
    tokio::spawn(async move {
        while sender.send("tick").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    })
}

/// A task that is spawned by a call, not by a block: what it does with the sender is its own matter.
#[ws_endpoint("/tasks/forward")]
async fn forward_outbox(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (tx, rx) = mpsc::channel(8);
    tokio::spawn(forward(sender, rx));
    while let Some(message) = receiver.recv().await? {
        tx.send(message).await?;
    }
    Ok(())
}

async fn forward(sender: Sender, mut outbox: mpsc::Receiver<Message>) {
    while let Some(message) = outbox.recv().await {
        if sender.send(message).await.is_err() {
            break;
        }
    }
}

/// A supervisor: when the worker panics the client is told.
#[ws_endpoint("/tasks/supervised")]
async fn supervised(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let worker = tokio::spawn(async move { message.as_text().map(str::len).expect("text") });
        match worker.await {
            Ok(length) => socket.send(length.to_string()).await?,
            Err(error) if error.is_panic() => return socket.close(CloseCode::INTERNAL_ERROR, "panic").await,
            Err(_) => break,
        }
    }
    Ok(())
}

/// The whole conversation is a task, and the handler waits with a limit.
#[ws_endpoint("/tasks/limited")]
async fn limited(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut conversation = tokio::task::spawn(async move {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok::<_, sockeye::Error>(())
    });
    tokio::select! {
        result = &mut conversation => result?,
        () = sleep(Duration::from_secs(3600)) => {
            conversation.abort();
            Ok(())
        }
    }
}

/// A helper which owns the socket and lets a task of the socket's own tick.
async fn ticking(mut socket: Socket, every: Duration) -> sockeye::Result {
    let (tx, mut rx) = mpsc::channel::<()>(1);
    socket.spawn(async move {
        let mut ticks = interval(every);
        while tx.send(()).await.is_ok() {
            ticks.tick().await;
        }
    });
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            Some(()) = rx.recv() => socket.send("tick").await?,
        }
    }
}

/// Uses it.
#[ws_endpoint("/tasks/ticking")]
async fn ticks(handshake: Handshake) -> sockeye::Result {
    ticking(handshake.accept().await?, Duration::from_secs(3)).await
}
