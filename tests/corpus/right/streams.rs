//! The socket as a `Stream` and a `Sink`.

use std::{pin::pin, time::Duration};

use axum::extract::State;
use futures_util::{
    FutureExt as _, SinkExt as _, StreamExt as _, TryStreamExt as _, future,
    stream::{self, FuturesUnordered},
};
use sockeye::{
    CloseCode, Error, Handshake, Hub, Json, Message, Receiver, Sender, Socket, ws_endpoint, ws_lifecycle,
};
use tokio::time::{interval, timeout};

/// The error ends the handler.
#[ws_endpoint("/streams/question")]
async fn question(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.next().await {
        socket.send(message?).await?;
    }
    Ok(())
}

/// And as it is known from axum.
#[ws_endpoint("/streams/ok")]
async fn ok(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(text) = message {
            socket.send(text).await?;
        }
    }
    Ok(())
}

/// `try_next` gives what `recv` gives.
#[ws_endpoint("/streams/try")]
async fn try_next(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.try_next().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A loop with a `match`.
#[ws_endpoint("/streams/match")]
async fn matched(handshake: Handshake<Json<u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.next().await {
            Some(Ok(number)) => socket.send(number + 1).await?,
            Some(Err(error)) => return Err(error),
            None => return Ok(()),
        }
    }
}

/// Goes on after what does not decode.
#[ws_endpoint("/streams/tolerant")]
async fn tolerant(handshake: Handshake<Json<u32>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(number) = receiver.next().await {
        let Ok(number) = number else { continue };
        sender.send(number).await?;
    }
    Ok(())
}

/// In a `select!`.
#[ws_endpoint("/streams/select")]
async fn select(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut tick = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            message = socket.next() => match message.transpose()? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
            _ = tick.tick() => socket.send("tick").await?,
        }
    }
}

/// In a `select!`, with patterns.
#[ws_endpoint("/streams/patterns")]
async fn patterns(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut tick = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            Some(message) = socket.next() => socket.send(message?).await?,
            _ = tick.tick() => socket.send("tick").await?,
            else => return Ok(()),
        }
    }
}

/// With a deadline for the first message.
#[ws_endpoint("/streams/deadline")]
async fn deadline(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Ok(Some(first)) = timeout(Duration::from_secs(5), socket.next()).await else {
        return socket.close(CloseCode::POLICY_VIOLATION, "say who you are").await;
    };
    socket.send(first?).await?;
    while let Some(message) = socket.next().await {
        message?;
    }
    Ok(())
}

/// Echoes.
#[ws_endpoint("/streams/forward")]
async fn forward(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    receiver.forward(sender).await
}

/// The whole socket goes into an adapter.
#[ws_endpoint("/streams/each")]
async fn each(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    receiver.try_for_each(async |message| sender.send(message).await).await
}

/// A chain of adapters.
#[ws_endpoint("/streams/chain")]
async fn chain(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let mut texts =
        receiver.try_filter_map(|message| future::ready(Ok(message.as_text().map(str::to_owned))));
    while let Some(text) = texts.try_next().await? {
        sender.send(text).await?;
    }
    Ok(())
}

/// Several at a time.
#[ws_endpoint("/streams/buffered")]
async fn buffered(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let mut answers = receiver.map_ok(async |message| Ok::<_, Error>(message)).try_buffer_unordered(8);
    while let Some(answer) = answers.next().await {
        sender.send(answer?).await?;
    }
    Ok(())
}

/// The first messages through `by_ref`, then the rest.
#[ws_endpoint("/streams/by_ref")]
async fn by_ref(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let first: Vec<_> = socket.by_ref().take(3).try_collect().await?;
    socket.send(first.len().to_string()).await?;
    while let Some(message) = socket.next().await {
        socket.send(message?).await?;
    }
    Ok(())
}

/// `split` of futures.
#[ws_endpoint("/streams/split")]
async fn split(handshake: Handshake) -> sockeye::Result {
    let (mut sink, mut stream) = futures_util::StreamExt::split(handshake.accept().await?);
    while let Some(message) = stream.next().await {
        sink.send(message?).await?;
    }
    Ok(())
}

/// Two streams in one loop.
#[ws_endpoint("/streams/merged")]
async fn merged(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    enum What {
        Said(Message),
        Heard(Message),
    }
    let events = hub.topic("all").subscribe().map_ok(|event| What::Heard(event.into_message()));
    let (sender, receiver) = handshake.accept().await?.split();
    let mut both = stream::select(receiver.map_ok(What::Said), events);
    while let Some(what) = both.next().await {
        match what? {
            What::Said(message) => sender.send(message).await?,
            What::Heard(message) => sender.send(message).await?,
        }
    }
    Ok(())
}

/// `select` of futures.
#[ws_endpoint("/streams/either")]
async fn either(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = match future::select(socket.next(), pin!(tokio::time::sleep(Duration::from_secs(60))))
            .await
        {
            future::Either::Left((Some(message), _)) => message?,
            future::Either::Left((None, _)) => return Ok(()),
            future::Either::Right(_) => return socket.close(CloseCode::POLICY_VIOLATION, "too quiet").await,
        };
        socket.send(message).await?;
    }
}

/// A stream of numbers, sent by `send_all` while the client is heard.
#[ws_endpoint("/streams/send_all")]
async fn send_all(handshake: Handshake) -> sockeye::Result {
    let (mut sender, mut receiver) = handshake.accept().await?.split();
    let numbers = stream::iter(0..10).then(async |number: u8| Ok::<_, Error>(number.to_string()));
    let mut numbers = pin!(numbers);
    tokio::select! {
        sent = sender.send_all(&mut numbers) => sent?,
        _ = async { while receiver.next().await.is_some() {} } => return Ok(()),
    }
    sender.close(CloseCode::NORMAL, "done").await
}

/// A helper with a borrowed socket, beside `SinkExt`.
#[ws_lifecycle]
async fn greet(socket: &mut Socket) -> sockeye::Result {
    socket.send("hello").await?;
    let Some(name) = socket.next().await else { return Ok(()) };
    socket.send(name?).await
}

/// Its handler.
#[ws_endpoint("/streams/helper")]
async fn helper(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    greet(&mut socket).await?;
    while let Some(message) = socket.next().await {
        message?;
    }
    Ok(())
}

/// A dashboard in three lines.
#[ws_endpoint("/streams/dashboard")]
async fn dashboard(
    handshake: Handshake<Json<(), String>>,
    State(hub): State<Hub<String>>,
) -> sockeye::Result {
    let events = hub.topic("all").subscribe();
    let socket = handshake.accept().await?;
    socket.forward(events).await
}

/// In one line, of values.
#[ws_endpoint("/streams/chained")]
async fn chained(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.forward(stream::iter(["one", "two"])).await
}

/// A greeting first, and something to do after.
#[ws_endpoint("/streams/cleanup")]
async fn cleanup(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send("hello").await?;
    let forwarded = socket.forward(hub.topic("all").subscribe()).await;
    tracing::info!("one less");
    forwarded
}

/// Until someone else ends it.
#[ws_endpoint("/streams/kicked")]
async fn kicked(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut kicks = hub.topic("kicks").subscribe();
    tokio::select! {
        forwarded = socket.forward(hub.topic("all").subscribe()) => forwarded,
        _ = kicks.next() => Err(Error::close(CloseCode::POLICY_VIOLATION, "kicked")),
    }
}

/// For an hour.
#[ws_endpoint("/streams/hour")]
async fn hour(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    match timeout(Duration::from_secs(3600), socket.forward(hub.topic("all").subscribe())).await {
        Ok(forwarded) => forwarded,
        Err(_) => Err(Error::close(CloseCode::TRY_AGAIN_LATER, "an hour is enough")),
    }
}

/// A few sends in a loop with pauses, and then the stream.
#[ws_endpoint("/streams/intro")]
async fn intro(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut left = 3;
    while left > 0 {
        socket.send(left.to_string()).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        left -= 1;
    }
    socket.forward(hub.topic("all").subscribe()).await
}

/// The handler returns nothing.
#[ws_endpoint("/streams/nothing")]
async fn nothing(handshake: Handshake, State(hub): State<Hub<String>>) {
    let Ok(socket) = handshake.accept().await else { return };
    if let Err(error) = socket.forward(hub.topic("all").subscribe()).await {
        tracing::warn!("{error}");
    }
}

/// A task feeds it.
#[ws_endpoint("/streams/fed")]
async fn fed(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let (numbers, counted) = tokio::sync::mpsc::channel::<String>(16);
    socket.spawn(async move {
        for number in 0.. {
            if numbers.send(number.to_string()).await.is_err() {
                return;
            }
        }
    });
    let counted =
        stream::unfold(counted, async |mut counted| counted.recv().await.map(|text| (text, counted)));
    socket.forward(counted).await
}

/// `forward` of futures, on a borrowed socket.
#[ws_lifecycle]
async fn relay(socket: &mut Socket, other: Sender) -> sockeye::Result {
    socket.forward(other).await
}
