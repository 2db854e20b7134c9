//! A client that is slow once gets no more events.

use axum::extract::State;
use futures_util::StreamExt as _;
use sockeye::{Handshake, Sender, Socket, ws_endpoint};
use tokio::sync::broadcast::{self, Receiver};
use tokio_stream::wrappers::BroadcastStream;

type Events = State<broadcast::Sender<String>>;

#[ws_endpoint("/lagged/while")]
/// Any error is the end.
async fn any_error(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        while let Ok(event) = events.recv().await { //~ lagged_feed
            sender.send(event).await?;
        }
        Ok(())
    };
    let listen = async { while receiver.recv().await?.is_some() {} Ok(()) };
    tokio::select! { ended = push => ended, ended = listen => ended }
}

#[ws_endpoint("/lagged/arm")]
/// The same by an arm.
async fn arm(handshake: Handshake, State(state): State<App>) -> sockeye::Result {
    let mut events = state.events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => socket.send(event).await?,
                Err(_) => break, //~ lagged_feed
            },
            message = socket.recv() => if message?.is_none() { break },
        }
    }
    state.leave();
    Ok(())
}

#[ws_endpoint("/lagged/else")]
/// The same by `else`.
async fn otherwise(handshake: Handshake, State(state): State<App>) -> sockeye::Result {
    let (_, mut events) = broadcast::channel::<String>(16);
    let socket = handshake.accept().await?;
    socket.spawn(async move { state.serve().await });
    let (sender, mut receiver) = socket.split();
    let push = async {
        loop {
            let Ok(event) = events.recv().await else { return Ok(()) }; //~ lagged_feed
            sender.send(event).await?;
        }
    };
    let listen = async { while receiver.recv().await?.is_some() {} Ok(()) };
    tokio::select! { ended = push => ended, ended = listen => ended }
}

#[ws_endpoint("/lagged/unwrap")]
/// Panics.
async fn panics(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            event = events.recv() => socket.send(event.expect("an event")).await?, //~ lagged_feed
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

#[ws_endpoint("/lagged/branch")]
/// The branch is closed until the client speaks.
async fn branch(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            Ok(event) = events.recv() => socket.send(event).await?, //~ lagged_feed
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

#[ws_endpoint("/lagged/task")]
/// `?` in a task that nobody waits for.
async fn task(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = events.subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = tokio::spawn(async move {
        loop {
            let event = events.recv().await?; //~ lagged_feed
            if sender.send(event).await.is_err() {
                return Ok::<(), broadcast::error::RecvError>(());
            }
        }
    });
    while let Ok(Some(_)) = receiver.recv().await {}
    push.abort();
    Ok(())
}

#[ws_endpoint("/lagged/stream")]
/// A stream of results.
async fn stream(handshake: Handshake, State(events): Events) -> sockeye::Result {
    let mut events = BroadcastStream::new(events.subscribe());
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async {
        while let Some(Ok(event)) = events.next().await { //~ lagged_feed
            sender.send(event).await?;
        }
        Ok(())
    };
    let listen = async { while receiver.recv().await?.is_some() {} Ok(()) };
    tokio::select! { ended = push => ended, ended = listen => ended }
}

/// `continue` at `Closed`, and no sender in sight.
async fn spins(mut socket: Socket, mut events: Receiver<String>) -> sockeye::Result {
    loop {
        tokio::select! {
            event = events.recv() => {
                let Ok(event) = event else { continue }; //~ lagged_feed
                socket.send(event).await?;
            }
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// The same with a log that fills.
async fn fills_the_log(sender: &Sender, mut events: Receiver<String>) -> sockeye::Result {
    loop {
        match events.recv().await {
            Ok(event) => sender.send(event).await?,
            Err(error) => tracing::warn!(%error), //~ lagged_feed
        }
    }
}

struct Conn {
    sender: Sender,
    events: broadcast::Receiver<String>,
}

impl Conn {
    /// In a field.
    async fn push(&mut self) -> sockeye::Result {
        while let Ok(event) = self.events.recv().await { //~ lagged_feed
            self.sender.send(event).await?;
        }
        Ok(())
    }
}
