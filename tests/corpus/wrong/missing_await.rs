//! Futures that nobody runs.

use std::time::Duration;

use axum::extract::State;
use sockeye::{CloseCode, Handshake, Message, Receiver, Sender, Socket, ws_endpoint, ws_lifecycle};
use tokio::{sync::broadcast, time::sleep};

/// A statement.
#[ws_endpoint("/await/statement")]
async fn statement(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message); //~ missing_await
    }
    Ok(())
}

/// The warning is silenced instead.
#[ws_endpoint("/await/underscore")]
async fn underscore(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let _ = socket.send("welcome"); //~ missing_await
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// `?` on the future.
#[ws_endpoint("/await/question")]
async fn question(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept()?; //~ missing_await
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The future is used like the socket.
#[ws_endpoint("/await/as-socket")]
async fn as_socket(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept(); //~ missing_await
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// `while let` on the future.
#[ws_endpoint("/await/while-let")]
async fn while_let(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv() { //~ missing_await
        socket.send(message).await?;
    }
    Ok(())
}

/// `match` on the future.
#[ws_endpoint("/await/match")]
async fn matched(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv() { //~ missing_await
            Ok(Some(message)) => socket.send(message).await?,
            Ok(None) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// `if let` on the future.
#[ws_endpoint("/await/if-let")]
async fn if_let(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if let Err(error) = socket.send(message) { //~ missing_await
            return Err(error);
        }
    }
    Ok(())
}

/// `recv()?`.
#[ws_endpoint("/await/recv-question")]
async fn recv_question(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(message) = socket.recv()? else { break }; //~ missing_await
        socket.send(message).await?;
    }
    Ok(())
}

/// `unwrap` on the future.
#[ws_endpoint("/await/unwrap")]
async fn unwrap(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().unwrap(); //~ missing_await
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The close of a branch.
#[ws_endpoint("/await/close")]
async fn close(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.is_empty() {
            socket.close(CloseCode::NORMAL, "empty"); //~ missing_await
            return Ok(());
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// The flush after a batch.
#[ws_endpoint("/await/flush")]
async fn flush(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        for _ in 0..3 {
            socket.feed(message.clone()); //~ missing_await
        }
        socket.flush(); //~ missing_await
    }
    Ok(())
}

/// In the arm of a `select!`.
#[ws_endpoint("/await/select")]
async fn select(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(_) => {}
                None => break,
            },
            event = events.recv() => {
                socket.send(event?); //~ missing_await
            }
        }
    }
    Ok(())
}

/// In the arm of a `match`, thrown away by the comma.
#[ws_endpoint("/await/arm")]
async fn arm(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match message {
            Message::Text(text) => {
                let _ = socket.send(text); //~ missing_await
            }
            Message::Binary(bytes) => socket.send(bytes).await?,
        }
    }
    Ok(())
}

/// In an async block that is awaited itself.
#[ws_endpoint("/await/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let ticker = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            sender.send("tick"); //~ missing_await
        }
    };
    tokio::select! {
        () = ticker => {}
        () = async { while let Ok(Some(_)) = receiver.recv().await {} } => {}
    }
    Ok(())
}

/// In a closure-like `for_each` of a vector, as a plain loop.
#[ws_endpoint("/await/for")]
async fn for_loop(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    for line in ["one", "two", "three"] {
        sender
            .send(line); //~ missing_await
    }
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// `is_err` on the future.
#[ws_endpoint("/await/is-err")]
async fn is_err(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if socket.send(message).is_err() { //~ missing_await
            break;
        }
    }
    Ok(())
}

/// `is_some` on the future.
#[ws_endpoint("/await/is-some")]
async fn is_some(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv()?.is_some() {} //~ missing_await
    Ok(())
}

/// `let else` on the future.
#[ws_endpoint("/await/let-else")]
async fn let_else(handshake: Handshake) {
    let Ok(mut socket) = handshake.accept() else { return }; //~ missing_await
    while let Ok(Some(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// A helper of references.
#[ws_lifecycle]
async fn tell(socket: &Socket, lines: &[String]) -> sockeye::Result {
    for line in lines {
        socket.send(line.as_str()); //~ missing_await
    }
    socket.flush().await
}

/// A helper of halves.
async fn relay(sender: Sender, mut receiver: Receiver) -> sockeye::Result {
    while let Some(message) = receiver.recv().await? {
        _ = sender.send(message); //~ missing_await
    }
    Ok(())
}

/// `split` of the future.
#[ws_endpoint("/await/split")]
async fn split(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().split(); //~ missing_await
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}
