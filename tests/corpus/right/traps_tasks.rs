//! Tasks that end with the handler in ways that tokens hardly show.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::extract::State;
use futures_util::{StreamExt as _, stream};
use sockeye::{CloseCode, Handshake, Message, Sender, Socket, ws_endpoint};
use tokio::{
    sync::{Notify, Semaphore, broadcast, mpsc, oneshot, watch},
    task::JoinHandle,
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

/// The channel's type is written out.
#[ws_endpoint("/traps/tasks/typed-channel")]
async fn typed_channel(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (outbox, mut inbox): (mpsc::Sender<Message>, mpsc::Receiver<Message>) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Some(message) = inbox.recv().await {
            if sender.send(message).await.is_err() {
                break;
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        outbox.send(message).await?;
    }
    Ok(())
}

/// The channel is a pair first.
#[ws_endpoint("/traps/tasks/pair")]
async fn pair(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let channel = mpsc::unbounded_channel::<Message>();
    let (outbox, mut inbox) = channel;
    tokio::spawn(async move {
        while let Some(message) = inbox.recv().await {
            if sender.send(message).await.is_err() {
                break;
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        outbox.send(message)?;
    }
    Ok(())
}

/// The receiving end becomes a stream.
#[ws_endpoint("/traps/tasks/stream")]
async fn as_stream(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (outbox, inbox) = mpsc::channel::<Message>(8);
    let mut inbox = Box::pin(stream::unfold(inbox, |mut inbox| async move {
        let message = inbox.recv().await?;
        Some((message, inbox))
    }));
    tokio::spawn(async move {
        while let Some(message) = inbox.next().await {
            if sender.send(message).await.is_err() {
                break;
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        outbox.send(message).await?;
    }
    Ok(())
}

/// A channel of the user's own.
struct Mailbox;

impl Mailbox {
    fn pair(size: usize) -> (mpsc::Sender<Message>, mpsc::Receiver<Message>) {
        mpsc::channel(size)
    }
}

/// Uses it.
#[ws_endpoint("/traps/tasks/mailbox")]
async fn mailbox(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (outbox, mut inbox) = Mailbox::pair(8);
    tokio::spawn(async move {
        while let Some(message) = inbox.recv().await {
            if sender.send(message).await.is_err() {
                break;
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        outbox.send(message).await?;
    }
    Ok(())
}

/// The end is a `Notify`.
#[ws_endpoint("/traps/tasks/notify")]
async fn notify(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stopped.notified() => break,
                () = sleep(Duration::from_secs(1)) => {
                    if sender.send("tick").await.is_err() {
                        break;
                    }
                }
            }
        }
    });
    while let Ok(Some(_)) = receiver.recv().await {}
    stop.notify_one();
    Ok(())
}

/// The end is a flag.
#[ws_endpoint("/traps/tasks/flag")]
async fn flag(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let running = Arc::new(AtomicBool::new(true));
    let keep_running = running.clone();
    tokio::spawn(async move {
        while keep_running.load(Ordering::Relaxed) {
            if sender.send("tick").await.is_err() {
                return;
            }
            sleep(Duration::from_secs(1)).await;
        }
    });
    while let Ok(Some(_)) = receiver.recv().await {}
    running.store(false, Ordering::Relaxed);
    Ok(())
}

/// The end is a weak reference that cannot be upgraded any more.
#[ws_endpoint("/traps/tasks/weak")]
async fn weak(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let alive = Arc::new(());
    let connection = Arc::downgrade(&alive);
    tokio::spawn(async move {
        while connection.upgrade().is_some() {
            if sender.send("tick").await.is_err() {
                return;
            }
            sleep(Duration::from_secs(1)).await;
        }
    });
    while receiver.recv().await?.is_some() {}
    drop(alive);
    Ok(())
}

/// The end is a closed semaphore.
#[ws_endpoint("/traps/tasks/semaphore")]
async fn semaphore(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let credits = Arc::new(Semaphore::new(0));
    let spent = Arc::clone(&credits);
    tokio::spawn(async move {
        while let Ok(credit) = spent.acquire().await {
            credit.forget();
            if sender.send("one more").await.is_err() {
                break;
            }
        }
    });
    while let Ok(Some(_)) = receiver.recv().await {
        credits.add_permits(1);
    }
    credits.close();
    Ok(())
}

/// The end is a future of a token that has another name.
#[ws_endpoint("/traps/tasks/owned-token")]
async fn owned_token(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let token = CancellationToken::new();
    let stop = token.clone().cancelled_owned();
    let _guard = token.drop_guard();
    tokio::spawn(async move {
        let mut stop = std::pin::pin!(stop);
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                () = &mut stop => break,
                _ = ticks.tick() => {
                    if sender.send("tick").await.is_err() {
                        break;
                    }
                }
            }
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The token wraps the whole block.
#[ws_endpoint("/traps/tasks/run-until")]
async fn run_until(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let token = CancellationToken::new();
    tokio::spawn(token.clone().run_until_cancelled_owned(async move {
        while sender.send("tick").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    }));
    while let Ok(Some(_)) = receiver.recv().await {}
    token.cancel();
    Ok(())
}

/// The end is a value of a `watch` that was made by `new`.
#[ws_endpoint("/traps/tasks/watch")]
async fn watched(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let latest = watch::Sender::new(0_u64);
    let mut shown = latest.subscribe();
    tokio::spawn(async move {
        while shown.changed().await.is_ok() {
            let now = *shown.borrow_and_update();
            if sender.send(now.to_string()).await.is_err() {
                break;
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        latest.send_modify(|count| *count += message.len() as u64);
    }
    Ok(())
}

/// The end is a `broadcast` that was made by `new`.
#[ws_endpoint("/traps/tasks/broadcast")]
async fn own_broadcast(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let replies = broadcast::Sender::<Message>::new(8);
    let mut heard = replies.subscribe();
    tokio::spawn(async move {
        loop {
            let reply = match heard.recv().await {
                Ok(reply) => reply,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            };
            if sender.send(reply).await.is_err() {
                return;
            }
        }
    });
    while let Some(message) = receiver.recv().await? {
        let _ = replies.send(message);
    }
    Ok(())
}

/// The handle goes through functions and collections of the user's own.
#[ws_endpoint("/traps/tasks/handed")]
async fn handed(handshake: Handshake) -> sockeye::Result {
    struct Tasks(Vec<JoinHandle<()>>);
    impl Drop for Tasks {
        fn drop(&mut self) {
            self.0.iter().for_each(JoinHandle::abort);
        }
    }
    fn named(_name: &str, task: JoinHandle<()>) -> JoinHandle<()> {
        task
    }
    let (sender, mut receiver) = handshake.accept().await?.split();
    let clone = sender.clone();
    let task = tokio::spawn(async move { while sender.send("a").await.is_ok() {} });
    let _tasks =
        Tasks(vec![task, named("b", tokio::spawn(async move { while clone.send("b").await.is_ok() {} }))]);
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The handle is in an option and in a tuple.
#[ws_endpoint("/traps/tasks/option")]
async fn in_option(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut running: Option<(JoinHandle<()>, u32)> = None;
    while let Some(message) = receiver.recv().await? {
        if let Some((task, count)) = running.take() {
            task.abort();
            tracing::debug!(count);
        }
        if message.as_text() == Some("start") {
            let sender = sender.clone();
            running = Some((tokio::spawn(async move { while sender.send("tick").await.is_ok() {} }), 1));
        }
    }
    if let Some((task, _)) = running {
        task.abort();
    }
    Ok(())
}

/// The task has a name and is handed over by a block.
#[ws_endpoint("/traps/tasks/block")]
async fn from_block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let task = {
        let sender = sender.clone();
        let work = async move {
            while sender.send("tick").await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::spawn(work)
    };
    while let Ok(Some(message)) = receiver.recv().await {
        let _ = sender.send(message).await;
    }
    task.abort();
    Ok(())
}

/// The task is over before the handler is: its answer is waited for.
#[ws_endpoint("/traps/tasks/answer")]
async fn answer(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(message) = receiver.recv().await? {
        let (done, finished) = oneshot::channel::<()>();
        let sender = sender.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(5)).await;
            let _ = sender.send(message).await;
            let _ = done.send(());
        });
        finished.await?;
    }
    Ok(())
}

/// A task of a helper, whose handle the helper returns.
fn start(sender: &Sender) -> JoinHandle<()> {
    let sender = sender.clone();
    tokio::spawn(async move { while sender.send("tick").await.is_ok() {} })
}

/// A task of a helper, whose handle the helper keeps in what it is given.
fn start_in(tasks: &mut Vec<JoinHandle<()>>, sender: Sender) {
    let task = tokio::spawn(async move { while sender.send("tick").await.is_ok() {} });
    tasks.push(task);
}

/// Uses both.
#[ws_endpoint("/traps/tasks/helpers")]
async fn helpers(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut tasks = vec![start(&sender)];
    start_in(&mut tasks, sender);
    while let Ok(Some(_)) = receiver.recv().await {}
    for task in tasks {
        task.abort();
    }
    Ok(())
}

/// The whole socket goes to a task that the state keeps.
#[ws_endpoint("/traps/tasks/registry")]
async fn registry(
    handshake: Handshake,
    State(tasks): State<Arc<std::sync::Mutex<tokio::task::JoinSet<()>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let talk = async move { while let Ok(Some(_)) = socket.recv().await {} };
    tasks.lock().unwrap().spawn(talk);
    Ok(())
}

/// An owned socket and a task that only reads a clock.
async fn with_clock(mut socket: Socket) -> sockeye::Result {
    let started = tokio::time::Instant::now();
    tokio::spawn(async move {
        sleep(Duration::from_secs(60)).await;
        tracing::info!(elapsed = ?started.elapsed(), "a minute");
    });
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    socket.close(CloseCode::NORMAL, "").await
}

/// Uses it.
#[ws_endpoint("/traps/tasks/clock")]
async fn clock(handshake: Handshake) -> sockeye::Result {
    with_clock(handshake.accept().await?).await
}
