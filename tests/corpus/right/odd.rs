//! Right, but only for somebody who thinks twice: correlated conditions, odd exits, odd loops.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use sockeye::{CloseCode, Error, Handshake, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    sync::{Mutex, broadcast, mpsc},
    time::{interval, sleep, timeout},
};

/// Refused under one condition, and accepted under its opposite.
#[ws_endpoint("/odd/correlated")]
async fn correlated(handshake: Handshake) -> sockeye::Result {
    let allowed = handshake.headers().contains_key("cookie");
    let mut opened = None;
    let mut error = None;
    if allowed {
        opened = Some(handshake.accept().await?);
    } else {
        error = Some(handshake.reject(StatusCode::FORBIDDEN, "no cookie"));
    }
    if let Some(error) = error {
        return Err(error);
    }
    let mut socket = opened.expect("accepted when there is no error");
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The same flag guards the accept and the rest.
#[ws_endpoint("/odd/flag")]
async fn flag(handshake: Handshake) -> sockeye::Result {
    let early = handshake.uri().query().is_some();
    let mut waiting = Some(handshake);
    let mut socket = None;
    if early {
        socket = Some(waiting.take().expect("not taken").accept().await?);
    }
    sleep(Duration::from_millis(10)).await;
    if !early {
        socket = Some(waiting.take().expect("not taken").accept().await?);
    }
    let mut socket = socket.expect("one of both");
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// `None` sets a flag that the `select!` guards look at.
#[ws_endpoint("/odd/guard-flag")]
async fn guard_flag(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = interval(Duration::from_millis(100));
    let mut open = true;
    let mut left = 3;
    while open || left > 0 {
        tokio::select! {
            message = socket.recv(), if open => {
                if message?.is_none() {
                    open = false;
                }
            }
            _ = ticks.tick() => left -= 1,
        }
        if left == 0 {
            break;
        }
    }
    Ok(())
}

/// `None` is counted down by a `for`.
#[ws_endpoint("/odd/for")]
async fn bounded(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut got = Vec::new();
    for _ in 0..5 {
        if let Some(message) = socket.recv().await? {
            got.push(message);
        }
    }
    for message in got {
        socket.send(message).await?;
    }
    socket.close(CloseCode::NORMAL, "five").await
}

/// `None` becomes an error in a `match` whose arms are not blocks.
#[ws_endpoint("/odd/none-error")]
async fn none_error(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let text = match socket.recv().await? {
            Some(Message::Text(text)) => Ok(text),
            Some(Message::Binary(_)) => Err("binary"),
            None => Err("closed"),
        }
        .map_err(Error::new)?;
        socket.send(text).await?;
    }
}

/// `None` is handled by a function that never comes back.
#[ws_endpoint("/odd/diverges")]
async fn diverges(handshake: Handshake) -> sockeye::Result {
    fn gone() -> ! {
        panic!("gone")
    }
    let mut socket = handshake.accept().await?;
    loop {
        let message = match socket.recv().await? {
            Some(message) => message,
            None => gone(),
        };
        socket.send(message).await?;
    }
}

/// The socket leaves by a helper in the arm of `None`; the loop is left by its result.
#[ws_endpoint("/odd/none-helper")]
async fn none_helper(handshake: Handshake) -> sockeye::Result {
    fn on_end(rounds: &mut u32) -> bool {
        *rounds += 1;
        *rounds > 2
    }
    let mut socket = handshake.accept().await?;
    let mut rounds = 0;
    loop {
        match socket.recv().await? {
            Some(message) => socket.send(message).await?,
            None if on_end(&mut rounds) => return Ok(()),
            None => sleep(Duration::from_millis(1)).await,
        }
    }
}

/// The condition is a shared flag that another task sets; the loop has an `await` in a helper's future only.
#[ws_endpoint("/odd/shared-flag")]
async fn shared_flag(handshake: Handshake, State(stop): State<Arc<AtomicBool>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while !stop.load(Ordering::Relaxed) {
        match timeout(Duration::from_millis(250), socket.recv()).await {
            Ok(Ok(Some(message))) => socket.send(message).await?,
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            Err(_) => {}
        }
    }
    socket.close(CloseCode::GOING_AWAY, "stopped").await
}

/// Two sockets of one function: one is closed, the other goes on.
async fn replace(mut old: Socket, mut new: Socket) -> sockeye::Result {
    old.send("replaced").await?;
    while let Some(message) = old.recv().await? {
        new.send(message).await?;
    }
    old.close(CloseCode::NORMAL, "another window").await?;
    new.send("welcome back").await?;
    while new.recv().await?.is_some() {}
    Ok(())
}

/// Uses it.
#[ws_endpoint("/odd/replace")]
async fn replaced(handshake: Handshake, State(last): State<Arc<Mutex<Option<Socket>>>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let before = last.lock().await.take();
    match before {
        Some(before) => replace(before, socket).await,
        None => {
            *last.lock().await = Some(socket);
            Ok(())
        }
    }
}

/// A handshake in a helper, refused and accepted in turns.
async fn open(handshake: Handshake, name: &str) -> Result<(Sender, Receiver), Error> {
    match name {
        "" => Err(handshake.reject(StatusCode::BAD_REQUEST, "a name is needed")),
        "root" => {
            let error = handshake.reject(StatusCode::FORBIDDEN, "not you");
            tracing::warn!("somebody tried");
            Err(error)
        }
        _ => Ok(handshake.accept().await?.split()),
    }
}

/// Uses it.
#[ws_endpoint("/odd/open/{name}")]
async fn opened(handshake: Handshake, Path(name): Path<String>) -> sockeye::Result {
    let (sender, mut receiver) = open(handshake, &name).await?;
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Sends fail quietly in the loop, but the receiver beside it sees the end.
#[ws_endpoint("/odd/quiet-sends")]
async fn quiet_sends(
    handshake: Handshake,
    State(events): State<broadcast::Sender<String>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            event = events.recv() => {
                let _ = socket.send(event?).await;
            }
            message = socket.recv() => match message? {
                Some(message) => {
                    socket.send(message).await.ok();
                }
                None => break,
            },
        }
    }
    Ok(())
}

/// Sends fail quietly, another one does not.
#[ws_endpoint("/odd/one-loud-send")]
async fn one_loud_send(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let talk = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            let _ = sender.send("a hint, if you want it").await;
            sender.send("tick").await?;
        }
    };
    let listen = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! {
        result = talk => result,
        result = listen => result,
    }
}

/// The failure is kept in a variable and ends the loop below.
#[ws_endpoint("/odd/kept-failure")]
async fn kept_failure(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (tx, mut rx) = mpsc::channel::<Message>(4);
    let write = async {
        while let Some(message) = rx.recv().await {
            let sent = sender.send(message).await;
            let more = sender.send("and more").await.is_ok();
            if sent.is_err() || !more {
                break;
            }
        }
    };
    let read = async {
        while let Ok(Some(message)) = receiver.recv().await {
            if tx.send(message).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
    }
    Ok(())
}

/// Failures are counted, and three end it.
#[ws_endpoint("/odd/counted-failures")]
async fn counted_failures(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut failed = 0;
    while let Some(message) = socket.recv().await? {
        if let Err(error) = socket.send(message).await {
            failed += 1;
            tracing::warn!(%error);
            if failed == 3 {
                break;
            }
        }
    }
    Ok(())
}

/// The first message decides whether there is a loop at all.
#[ws_endpoint("/odd/maybe-loop")]
async fn maybe_loop(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(first) = socket.recv().await? else { return Ok(()) };
    if first.as_text() == Some("stay") {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        return Ok(());
    }
    socket.send(first).await?;
    socket.close(CloseCode::NORMAL, "you did not stay").await
}

/// `return` inside of an expression, `match` inside of an argument, `?` inside of a pattern's guard.
#[ws_endpoint("/odd/nested")]
async fn nested(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        sender
            .send(match next_text(&mut receiver).await? {
                Some(text) if text.is_empty() => return Err(Error::close(CloseCode::NORMAL, "")),
                Some(text) => text,
                None => return Ok(()),
            })
            .await?;
    }
}

async fn next_text(receiver: &mut Receiver) -> sockeye::Result<Option<String>> {
    Ok(receiver.recv().await?.map(|message| message.as_text().unwrap_or_default().to_owned()))
}

/// `cfg` on statements and arms.
#[ws_endpoint("/odd/cfg")]
async fn conditional(handshake: Handshake) -> sockeye::Result {
    #[cfg(feature = "never")]
    handshake.send("this is not compiled").await?;
    let mut socket = handshake.accept().await?;
    #[cfg(not(feature = "never"))]
    socket.send("hello").await?;
    #[cfg(feature = "never")]
    socket.close(CloseCode::NORMAL, "").await?;
    loop {
        match socket.recv().await? {
            #[cfg(feature = "never")]
            Some(_) => unreachable!(),
            Some(message) => socket.send(message).await?,
            None => break,
        }
    }
    Ok(())
}

/// A loop that runs once, and a block that is left in the middle.
#[ws_endpoint("/odd/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    #[allow(clippy::never_loop)]
    loop {
        let Some(message) = socket.recv().await? else { break };
        if message.is_empty() {
            break;
        }
        socket.send(message).await?;
        break;
    }
    socket.close(CloseCode::NORMAL, "").await
}

/// Tail expressions of every kind.
#[ws_endpoint("/odd/tail/{kind}")]
async fn tails(handshake: Handshake, Path(kind): Path<u8>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    if kind == 0 {
        while socket.recv().await?.is_some() {}
        Ok(())
    } else if kind == 1 {
        socket.close(CloseCode::NORMAL, "one").await
    } else {
        match kind {
            2 => loop {
                if socket.recv().await?.is_none() {
                    break Ok(());
                }
            },
            3 => {
                let result = socket.send("three").await;
                result?;
                socket.close(CloseCode::NORMAL, "three").await
            }
            4 => Err(Error::close(CloseCode::POLICY_VIOLATION, "four")),
            _ => unreachable!("no client asks for it"),
        }
    }
}

/// `unreachable!` after a loop that never ends, and dead code after `return`.
#[ws_endpoint("/odd/dead")]
#[allow(unreachable_code)]
async fn dead(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(message) => socket.send(message).await?,
            None => return Ok(()),
        }
    }
    unreachable!()
}

/// A drop ends the connection with 1000, and it is meant: the client was told.
#[ws_endpoint("/odd/drop")]
async fn dropped(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.is_empty() {
            break;
        }
        socket.send(message).await?;
    }
    drop(socket);
    sleep(Duration::from_millis(5)).await;
    Ok(())
}

/// The answer of `recv` goes through variables, `map` and `transpose`.
#[ws_endpoint("/odd/transpose")]
async fn transpose(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(result) = socket.recv().await.transpose() {
        let message = result?;
        socket.send(message).await?;
    }
    Ok(())
}

/// The end is seen by a length.
#[ws_endpoint("/odd/lengths")]
async fn lengths(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let length = socket.recv().await?.map_or(0, |message| message.len());
        if length == 0 {
            return Ok(());
        }
        socket.send(length.to_string()).await?;
    }
}

/// The end is seen by an iterator.
#[ws_endpoint("/odd/iterator")]
async fn iterator(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let before = std::time::Instant::now();
        let mut any = false;
        for message in socket.recv().await?.into_iter() {
            any = true;
            socket.send(message).await?;
        }
        if !any {
            tracing::debug!(elapsed = ?before.elapsed());
            break Ok(());
        }
    }
}

/// Two receives in one round, each with its own way out.
#[ws_endpoint("/odd/pairs")]
async fn pairs(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let (Some(key), Some(value)) = (socket.recv().await?, socket.recv().await?) {
        socket.send(format!("{key:?} = {value:?}")).await?;
    }
    Ok(())
}

/// Chained conditions in `while`.
#[ws_endpoint("/odd/while-chain")]
async fn while_chain(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut left = 10;
    while left > 0
        && let Some(message) = socket.recv().await?
        && let Some(text) = message.as_text()
        && !text.is_empty()
    {
        left -= 1;
        socket.send(text).await?;
    }
    socket.close(CloseCode::NORMAL, "").await
}

/// Sends fail quietly, but the future that sends is dropped as soon as the peer is gone.
#[ws_endpoint("/odd/quiet-until-dropped")]
async fn quiet_until_dropped(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let tick = async {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            let _ = sender.send("tick").await;
        }
    };
    let listen = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::select! {
        () = tick => {}
        () = listen => {}
    }
    Ok(())
}

/// The same in a task that is aborted.
#[ws_endpoint("/odd/quiet-until-aborted")]
async fn quiet_until_aborted(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let ticker = tokio::spawn(async move {
        loop {
            sleep(Duration::from_secs(1)).await;
            let _ = sender.send("tick").await;
        }
    });
    while let Ok(Some(_)) = receiver.recv().await {}
    ticker.abort();
    Ok(())
}

/// The same in a helper: its caller drops it.
async fn quiet_pump(sender: Sender, mut events: broadcast::Receiver<String>) {
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => break,
        };
        if let Err(error) = sender.send(event).await {
            tracing::debug!(%error);
        }
    }
}

/// Uses it, in `select!` and in `try_join!`.
#[ws_endpoint("/odd/quiet-pump")]
async fn uses_quiet_pump(
    handshake: Handshake,
    State(events): State<broadcast::Sender<String>>,
) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let beats = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            sender.send("beat").await.ok();
        }
        #[allow(unreachable_code)]
        Ok::<(), Error>(())
    };
    let listen = async {
        while receiver.recv().await?.is_some() {}
        Err::<(), Error>(Error::close(CloseCode::NORMAL, "the peer closed"))
    };
    tokio::select! {
        () = quiet_pump(sender.clone(), events.subscribe()) => Ok(()),
        result = async { tokio::try_join!(beats, listen) } => result.map(drop),
    }
}

/// A closure that receives is called by its name.
#[ws_endpoint("/odd/called-closure")]
async fn called_closure(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut next = async || socket.recv().await;
    while let Some(message) = next().await? {
        tracing::debug!(?message);
    }
    Ok(())
}
