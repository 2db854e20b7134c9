//! Halves, and what runs at the same time.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use futures_util::{
    FutureExt as _, TryFutureExt as _,
    future::{self, join_all, select, try_join_all},
    pin_mut,
};
use sockeye::{CloseCode, Error, Handshake, Message, Receiver, Sender, ws_endpoint};
use tokio::{
    sync::{Mutex, broadcast, mpsc, watch},
    time::{interval, sleep},
};

/// Two futures and `try_join!`.
#[ws_endpoint("/splitting/try-join")]
async fn try_join(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (tx, mut rx) = mpsc::channel::<Message>(16);
    let read = async move {
        while let Some(message) = receiver.recv().await? {
            tx.send(message).await?;
        }
        Ok::<_, Error>(())
    };
    let write = async move {
        while let Some(message) = rx.recv().await {
            sender.send(message).await?;
        }
        Ok(())
    };
    tokio::try_join!(read, write)?;
    Ok(())
}

/// Two futures and `select!`: the first that ends ends both.
#[ws_endpoint("/splitting/select")]
async fn select_two(
    handshake: Handshake,
    State(events): State<broadcast::Sender<String>>,
) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let (sender, mut receiver) = socket.split();
    let mut events = events.subscribe();
    let reader = async { while let Ok(Some(_)) = receiver.recv().await {} };
    let writer = async {
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
    };
    tokio::select! {
        () = reader => {}
        () = writer => {}
    }
    Ok(())
}

/// `join!` with calls of functions.
#[ws_endpoint("/splitting/functions")]
async fn functions(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let (seen, shown) = watch::channel(0);
    let (read, written) = tokio::join!(read(receiver, seen), write(sender, shown));
    read.and(written)
}

async fn read(mut receiver: Receiver, seen: watch::Sender<usize>) -> sockeye::Result {
    while let Some(message) = receiver.recv().await? {
        seen.send_modify(|count| *count += message.len());
    }
    Ok(())
}

async fn write(sender: Sender, mut shown: watch::Receiver<usize>) -> sockeye::Result {
    while shown.changed().await.is_ok() {
        let now = *shown.borrow_and_update();
        sender.send(now.to_string()).await?;
    }
    Ok(())
}

/// A clone of the sender per task; the tasks end with their channel.
#[ws_endpoint("/splitting/clones")]
async fn clones(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let echo = sender.clone();
    let ticker = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            sender.send("tick").await?;
        }
    };
    let listener = async {
        while let Some(message) = receiver.recv().await? {
            echo.send(message).await?;
        }
        Err::<(), _>(Error::close(CloseCode::NORMAL, "the peer closed"))
    };
    let (_, ()) = tokio::try_join!(ticker.map(|result: sockeye::Result| result), listener)?;
    Ok(())
}

/// Halves in one loop.
#[ws_endpoint("/splitting/one-loop")]
async fn one_loop(handshake: Handshake) -> sockeye::Result {
    let (tx, mut rx) = handshake.accept().await?.split();
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            next = rx.recv() => match next? {
                Some(message) => tx.send(message).await?,
                None => break,
            },
            _ = ticks.tick() => tx.send("tick").await?,
        }
    }
    Ok(())
}

/// Names that say the opposite: what one sends to and what one receives from are channels here.
#[ws_endpoint("/splitting/crossed")]
async fn crossed(handshake: Handshake) -> sockeye::Result {
    let (rx, mut tx) = handshake.accept().await?.split();
    while let Some(message) = tx.recv().await? {
        rx.send(message).await?;
    }
    Ok(())
}

/// The names of the halves are taken by a channel in an inner block, and come back.
#[ws_endpoint("/splitting/shadowed")]
async fn shadowed(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        for number in 0..3 {
            let _ = sender.send(number);
        }
        drop(sender);
        while let Some(number) = receiver.recv().await {
            tracing::debug!(number);
        }
        assert!(receiver.recv().await.is_none());
    }
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// The receiving half is not wanted; the sender closes nothing, so a reader drains it until the peer leaves.
#[ws_endpoint("/splitting/drained")]
async fn drained(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut events = events.subscribe();
    let gone = async move { while receiver.recv().await.is_ok_and(|message| message.is_some()) {} };
    tokio::pin!(gone);
    loop {
        tokio::select! {
            () = &mut gone => return Ok(()),
            event = events.recv() => sender.send(event?).await?,
        }
    }
}

/// Combinators instead of macros.
#[ws_endpoint("/splitting/combinators")]
async fn combinators(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let read = async move {
        while receiver.recv().await?.is_some() {}
        Ok::<(), Error>(())
    };
    let write = async move {
        for count in (0..10).rev() {
            sender.send(count.to_string()).await?;
            sleep(Duration::from_secs(1)).await;
        }
        Ok::<(), Error>(())
    };
    future::try_join(read, write).map_ok(|((), ())| ()).await
}

/// `future::select` with pinned futures.
#[ws_endpoint("/splitting/either")]
async fn either(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    let talk = async {
        loop {
            if sender.send("still here").await.is_err() {
                return;
            }
            sleep(Duration::from_secs(10)).await;
        }
    };
    pin_mut!(listen, talk);
    select(listen, talk).await;
    Ok(())
}

/// Several sends at once.
#[ws_endpoint("/splitting/at-once")]
async fn at_once(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (one, two, three) =
        tokio::join!(socket.send("1"), socket.send("2"), async { socket.send("3").await });
    one.and(two).and(three)?;
    tokio::try_join!(socket.send("a"), socket.send("b"))?;
    try_join_all((0..3).map(|number| socket.send(number.to_string()))).await?;
    for result in join_all(vec![socket.send("x"), socket.send("y")]).await {
        result?;
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The sender is shared behind a lock.
#[ws_endpoint("/splitting/shared")]
async fn shared(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let sender = Arc::new(Mutex::new(sender));
    let other = Arc::clone(&sender);
    let beats = async move {
        loop {
            sleep(Duration::from_secs(1)).await;
            other.lock().await.send("beat").await?;
        }
    };
    let echo = async move {
        while let Some(message) = receiver.recv().await? {
            sender.lock().await.send(message).await?;
        }
        Ok(())
    };
    tokio::select! {
        result = beats => result,
        result = echo => result,
    }
}

/// The receiver in a nested function, the sender stays.
#[ws_endpoint("/splitting/nested-fn")]
async fn nested_fn(handshake: Handshake) -> sockeye::Result {
    async fn until_gone(mut receiver: Receiver) {
        while let Ok(Some(_)) = receiver.recv().await {}
    }
    let (sender, receiver) = handshake.accept().await?.split();
    let mut ticks = interval(Duration::from_secs(1));
    let mut gone = std::pin::pin!(until_gone(receiver));
    loop {
        tokio::select! {
            () = &mut gone => break,
            _ = ticks.tick() => sender.send("tick").await?,
        }
    }
    Ok(())
}

/// Only the sender is kept: it tells everything it has and is dropped, which closes with 1000.
#[ws_endpoint("/splitting/underscore")]
async fn underscore(handshake: Handshake) -> sockeye::Result {
    let (sender, mut rest) = handshake.accept().await?.split();
    for line in ["one", "two"] {
        sender.feed(line).await?;
    }
    sender.flush().await?;
    drop(sender);
    while let Some(late) = rest.recv().await? {
        tracing::debug!(?late, "too late");
    }
    Ok(())
}
