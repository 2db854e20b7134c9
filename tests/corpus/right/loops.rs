//! Loops that receive, in the ways people write them.

use std::time::Duration;

use sockeye::{CloseCode, Error, Handshake, Message, ws_endpoint};
use tokio::time::{Instant, timeout};
use tracing::{debug, info, warn};

/// The smallest endpoint there is.
#[ws_endpoint("/loops/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// `match` and `break`.
#[ws_endpoint("/loops/match")]
async fn match_and_break(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(message) => socket.send(message).await?,
            None => break,
        }
    }
    info!("the peer closed");
    Ok(())
}

/// `let else` in a loop.
#[ws_endpoint("/loops/let-else")]
async fn let_else(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(message) = socket.recv().await? else { break Ok(()) };
        let Some(text) = message.as_text() else { continue };
        socket.send(text.to_uppercase()).await?;
    }
}

/// Every outcome in its own arm.
#[ws_endpoint("/loops/arms")]
async fn every_arm(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = match socket.recv().await {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(()),
            Err(error) if error.is_disconnect() => return Ok(()),
            Err(error) => return Err(error),
        };
        socket.send(message).await?;
    }
}

/// An error ends the loop like the end does.
#[ws_endpoint("/loops/ok-some")]
async fn while_ok_some(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Ok(Some(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// An error is logged and the loop goes on: the end still ends it, and a broken connection gives `None` next.
#[ws_endpoint("/loops/lenient")]
async fn lenient(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await {
            Ok(Some(message)) => socket.send(message).await?,
            Ok(None) => break,
            Err(error) => {
                warn!(%error, "skipped");
                continue;
            }
        }
    }
    Ok(())
}

/// The same with the arms the other way round, and no `continue`.
#[ws_endpoint("/loops/lenient-again")]
async fn lenient_again(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut skipped = 0_u32;
    loop {
        let received = socket.recv().await;
        match received {
            Err(error) => {
                debug!(%error);
                skipped += 1;
            }
            Ok(None) => {
                info!(skipped);
                return Ok(());
            }
            Ok(Some(message)) if message.is_empty() => {}
            Ok(Some(message)) => socket.send(message).await?,
        }
    }
}

/// A fixed number of rounds, then goodbye.
#[ws_endpoint("/loops/rounds")]
async fn rounds(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    for round in 1..=10 {
        socket.send(format!("round {round}")).await?;
        let Some(_answer) = socket.recv().await? else { return Ok(()) };
    }
    socket.close(CloseCode::NORMAL, "ten rounds are enough").await
}

/// Listens and says nothing.
#[ws_endpoint("/loops/drain")]
async fn drain(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A counter as the condition.
#[ws_endpoint("/loops/counter")]
async fn counter(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut count = 0;
    while count < 100 {
        match socket.recv().await? {
            Some(_) => count += 1,
            None => break,
        }
    }
    Ok(())
}

/// The end in an `else`.
#[ws_endpoint("/loops/if-let")]
async fn if_let_else(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        if let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        } else {
            return Ok(());
        }
    }
}

/// The end found by a method.
#[ws_endpoint("/loops/is-none")]
async fn is_none(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let next = socket.recv().await?;
        if next.is_none() {
            break;
        }
        for message in next {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// A flag as the condition, set in two arms.
#[ws_endpoint("/loops/done")]
async fn done_flag(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut done = false;
    while !done {
        match socket.recv().await? {
            Some(message) if message.as_text() == Some("quit") => done = true,
            Some(message) => socket.send(message).await?,
            None => done = true,
        }
    }
    Ok(())
}

/// A flag that is looked at after the `match`.
#[ws_endpoint("/loops/done-after")]
async fn done_after(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut done = false;
    loop {
        match socket.recv().await? {
            Some(message) => socket.send(message).await?,
            None => done = true,
        }
        if done {
            break;
        }
    }
    Ok(())
}

/// The condition is what the body says.
#[ws_endpoint("/loops/alive")]
async fn alive(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut alive = true;
    while alive {
        alive = match socket.recv().await? {
            Some(message) => {
                socket.send(message).await?;
                true
            }
            None => false,
        };
    }
    Ok(())
}

/// A block as the condition: the `do while` of Rust.
#[ws_endpoint("/loops/do-while")]
async fn do_while(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while {
        let next = socket.recv().await?;
        if let Some(message) = &next {
            socket.send(message).await?;
        }
        next.is_some()
    } {}
    Ok(())
}

/// Receives ahead of the loop and at the end of its body.
#[ws_endpoint("/loops/ahead")]
async fn ahead(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut next = socket.recv().await?;
    while let Some(message) = next {
        socket.send(message).await?;
        next = socket.recv().await?;
    }
    Ok(())
}

/// The only way out is an error.
#[ws_endpoint("/loops/ok-or")]
async fn ok_or(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message =
            socket.recv().await?.ok_or_else(|| Error::close(CloseCode::NORMAL, "the peer closed"))?;
        socket.send(message).await?;
    }
}

/// The end is forgiven three times, and then it counts.
#[ws_endpoint("/loops/forgiving")]
async fn forgiving(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut missed = 0;
    loop {
        let Some(message) = socket.recv().await? else {
            missed += 1;
            if missed == 3 {
                break;
            }
            continue;
        };
        socket.send(message).await?;
    }
    Ok(())
}

/// Until a point in time.
#[ws_endpoint("/loops/deadline")]
async fn deadline(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        if let Ok(next) = timeout(Duration::from_secs(1), socket.recv()).await {
            let Some(message) = next? else { return Ok(()) };
            socket.send(message).await?;
        }
    }
    socket.close(CloseCode::NORMAL, "a minute is over").await
}

/// A loop in a loop: lines of a message, messages of a connection.
#[ws_endpoint("/loops/lines")]
async fn lines(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        for line in message.as_text().unwrap_or_default().lines() {
            if line.is_empty() {
                continue;
            }
            socket.send(line).await?;
        }
    }
    Ok(())
}

/// The value of the loop is what is sent at the end.
#[ws_endpoint("/loops/value")]
async fn value(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut sum = 0_usize;
    let total = loop {
        match socket.recv().await? {
            Some(Message::Text(text)) if &*text == "sum" => break sum,
            Some(message) => sum += message.len(),
            None => return Ok(()),
        }
    };
    socket.send(total.to_string()).await?;
    socket.close(CloseCode::NORMAL, "summed").await?;
    Ok(())
}

/// The `bool` of a comparison ends it, two `await`s in one expression.
#[ws_endpoint("/loops/compare")]
async fn compare(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await? != None {
        socket.send("more").await?;
    }
    Ok(())
}

/// `matches!` as the condition.
#[ws_endpoint("/loops/matches")]
async fn by_matches(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while matches!(socket.recv().await?, Some(Message::Text(_))) {
        socket.send("ok").await?;
    }
    Ok(())
}

/// A handler that never comes to its end.
#[ws_endpoint("/loops/never")]
async fn never(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(message) = socket.recv().await? else {
            return Err(Error::new("gone"));
        };
        socket.send(message).await?;
    }
}
