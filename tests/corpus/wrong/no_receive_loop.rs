//! Handlers that accept and are over.

use axum::extract::{Path, State};
use sockeye::{CloseCode, Handshake, Json, Message, Socket, ws_endpoint, ws_lifecycle};
use tokio::sync::broadcast;

/// Accepts and ends.
#[ws_endpoint("/no-loop/accept")]
async fn accepts(handshake: Handshake) -> sockeye::Result {
    let _socket = handshake.accept().await?; //~ no_receive_loop
    Ok(())
}

/// Accepts, and the socket is dropped at once.
#[ws_endpoint("/no-loop/statement")]
async fn statement(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?; //~ no_receive_loop
    tracing::info!("connected");
    Ok(())
}

/// Greets and ends.
#[ws_endpoint("/no-loop/greet")]
async fn greets(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?; //~ no_receive_loop
    socket.send("welcome").await?;
    Ok(())
}

/// Answers one message and ends.
#[ws_endpoint("/no-loop/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    if let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// The result of the send is the result.
#[ws_endpoint("/no-loop/tail")]
async fn tail(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.send("welcome").await //~ no_receive_loop
}

/// Sends what there is and ends: the client takes it for an accident.
#[ws_endpoint("/no-loop/for")]
async fn for_loop(handshake: Handshake, State(lines): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?; //~ no_receive_loop
    for line in &lines {
        socket.send(line.as_str()).await?;
    }
    Ok(())
}

/// A `match` instead of a loop.
#[ws_endpoint("/no-loop/match")]
async fn matched(handshake: Handshake<Json<u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    match socket.recv().await {
        Ok(Some(number)) => socket.send(number + 1).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    }
}

/// One `select!` and no loop around it.
#[ws_endpoint("/no-loop/select")]
async fn select(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    let mut events = events.subscribe();
    tokio::select! {
        message = socket.recv() => match message? {
            Some(message) => socket.send(message).await?,
            None => return Ok(()),
        },
        event = events.recv() => socket.send(event?).await?,
    }
    Ok(())
}

/// Two halves, used once each.
#[ws_endpoint("/no-loop/split")]
async fn split(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split(); //~ no_receive_loop
    let (sent, received) = tokio::join!(sender.send("hello"), receiver.recv());
    sent?;
    received?;
    Ok(())
}

/// Closes on one way, and is over on the other.
#[ws_endpoint("/no-loop/one-way/{id}")]
async fn one_way(handshake: Handshake, Path(id): Path<u64>) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    if id == 0 {
        return socket.close(CloseCode::POLICY_VIOLATION, "zero").await;
    }
    let first = socket.recv().await?;
    tracing::info!(?first);
    Ok(())
}

/// The loop is about something else, and comes first.
#[ws_endpoint("/no-loop/other-loop")]
async fn other_loop(handshake: Handshake) -> sockeye::Result {
    let mut names = Vec::new();
    for index in 0..3 {
        names.push(format!("name {index}"));
    }
    let socket = handshake.accept().await?; //~ no_receive_loop
    socket.send(names.join(", ")).await?;
    Ok(())
}

/// In an async block.
#[ws_endpoint("/no-loop/block")]
async fn block(handshake: Handshake) -> sockeye::Result {
    async move {
        let mut socket = handshake.accept().await?; //~ no_receive_loop
        let first = socket.recv().await?;
        socket.send(format!("{first:?}")).await
    }
    .await
}

/// Accepts in `let else`.
#[ws_endpoint("/no-loop/let-else")]
async fn let_else(handshake: Handshake) {
    let Ok(socket) = handshake.accept().await else { return }; //~ no_receive_loop
    if socket.send("welcome").await.is_err() {
        tracing::info!("gone already");
    }
}

/// Accepts in an `if let`.
#[ws_endpoint("/no-loop/if-let")]
async fn if_let(handshake: Handshake) {
    if let Ok(mut socket) = handshake.accept().await { //~ no_receive_loop
        if let Ok(Some(Message::Text(text))) = socket.recv().await {
            let _ = socket.send(text).await;
        }
    }
}

/// Accepts over several lines.
#[ws_endpoint("/no-loop/builder")]
async fn builder(handshake: Handshake) -> sockeye::Result {
    let socket = handshake
        .accept() //~ no_receive_loop
        .subprotocol("v1")
        .header("x-version", "1")
        .await?;
    socket.send("v1").await
}

/// Accepts in two arms, and is over in both.
#[ws_endpoint("/no-loop/arms/{id}")]
async fn arms(handshake: Handshake, Path(id): Path<u64>) -> sockeye::Result {
    match id {
        0 => {
            let socket = handshake.accept().await?; //~ no_receive_loop
            socket.send("zero").await
        }
        _ => {
            let socket = handshake.accept().await?; //~ no_receive_loop
            socket.send("many").await?;
            Ok(())
        }
    }
}

/// The receiving half is dropped, and nothing else comes.
#[ws_endpoint("/no-loop/deaf-half")]
async fn deaf_half(handshake: Handshake) -> sockeye::Result {
    let (sender, _) = handshake.accept().await?.split(); //~ no_receive_loop
    sender.send("one").await?;
    sender.send("two").await?;
    Ok(())
}

/// The loop comes after the return.
#[ws_endpoint("/no-loop/dropped")]
async fn dropped(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?; //~ no_receive_loop
    socket.send("welcome").await?;
    drop(socket);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    Ok(())
}

/// A helper that owns the socket and is over.
#[ws_lifecycle]
async fn greet(
    socket: Socket, //~ no_receive_loop
    name: &str,
) -> sockeye::Result {
    socket.send(format!("hello {name}")).await
}

/// A helper that asks once.
async fn ask(mut socket: Socket, question: &str) -> sockeye::Result<Option<Message>> { //~ no_receive_loop
    socket.send(question).await?;
    let answer = socket.recv().await?;
    Ok(answer)
}

/// A closure that sends, and nothing that receives.
#[ws_endpoint("/no-loop/closure")]
async fn closure(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?; //~ no_receive_loop
    let greet = async |name: &str| socket.send(format!("hello {name}")).await;
    greet("you").await?;
    Ok(())
}

/// Receives in a task of the connection, and returns.
#[ws_endpoint("/loopless/spawned")]
async fn spawned(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split(); //~ no_receive_loop
    let replies = sender.clone();
    sender.spawn(async move {
        while let Ok(Some(message)) = receiver.recv().await {
            if replies.send(message).await.is_err() {
                break;
            }
        }
    });
    tracing::info!("started");
    Ok(())
}
