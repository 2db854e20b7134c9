//! Mistakes in unusual clothes.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use futures_util::{FutureExt as _, SinkExt, StreamExt};
use sockeye::{CloseCode, Handshake, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    sync::{Mutex, broadcast, broadcast::error::RecvError, mpsc, watch},
    time::{interval, sleep},
};

/// The future is never polled.
#[ws_endpoint("/unusual/path-call")]
async fn path_call(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = Socket::recv(&mut socket).await? {
        Socket::send(&socket, message); //~ missing_await
    }
    Ok(())
}

/// The same of a half.
#[ws_endpoint("/unusual/path-of-half")]
async fn path_of_half(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(message) = Receiver::recv(&mut receiver).await? {
        let _ = Sender::send(&sender, message); //~ missing_await
    }
    Ok(())
}

/// A path for `accept`.
#[ws_endpoint("/unusual/accept")]
async fn path_of_accept(handshake: Handshake) -> sockeye::Result {
    let socket = Handshake::accept(handshake).await?; //~ no_receive_loop
    socket.send("hello").await?;
    Ok(())
}

/// Everything goes on after a failure.
#[ws_endpoint("/unusual/nested")]
async fn nested(handshake: Handshake, State(news): State<broadcast::Sender<Vec<String>>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut news = news.subscribe();
    let pushing = async {
        'news: loop {
            let lines = match news.recv().await {
                Ok(lines) => lines,
                Err(RecvError::Lagged(_)) => continue 'news,
                Err(RecvError::Closed) => break 'news,
            };
            for line in lines.iter().filter(|line| !line.is_empty()) {
                match sender.send(line.as_str()).await { //~ swallowed_error
                    Ok(()) => {}
                    Err(error) => {
                        tracing::warn!(%error);
                        continue;
                    }
                }
            }
        }
    };
    let reading = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(pushing, reading);
    Ok(())
}

/// `map_err` that logs.
#[ws_endpoint("/unusual/map-err")]
async fn map_err(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async move {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            _ = sender.send("tick").await.map_err(|error| tracing::warn!(%error)); //~ swallowed_error
        }
    };
    let reading = async move { while let Ok(Some(_)) = receiver.recv().await {} };
    let ((), ()) = tokio::join!(pushing, reading);
    Ok(())
}

/// `inspect_err`, bound to a name.
#[ws_endpoint("/unusual/inspect")]
async fn inspect(handshake: Handshake, State(price): State<watch::Receiver<u64>>) -> sockeye::Result {
    let mut price = price;
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async move {
        while let Ok(()) = price.changed().await {
            let text = price.borrow_and_update().to_string();
            let _sent = sender.send(text).await.inspect_err(|error| tracing::info!(%error)); //~ swallowed_error
        }
    };
    let reading = async move { while let Ok(Some(_)) = receiver.recv().await {} };
    futures_util::future::join(pushing, reading).await;
    Ok(())
}

/// A method that sends and says nothing.
struct Board {
    sender: Sender,
    moves: broadcast::Receiver<String>,
}

impl Board {
    async fn show(&self, text: String) {
        if let Err(error) = self.sender.send(text).await {
            tracing::warn!(%error);
        }
    }

    async fn run(mut self) {
        loop {
            match self.moves.recv().await {
                Ok(text) => self.show(text).await, //~ swallowed_error
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}

/// Waits for it.
#[ws_endpoint("/unusual/board")]
async fn board(handshake: Handshake, State(moves): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let board = Board { sender, moves: moves.subscribe() };
    let reading = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(board.run(), reading);
    Ok(())
}

/// Sends in a closure.
#[ws_endpoint("/unusual/closure")]
async fn closure(handshake: Handshake, State(price): State<watch::Receiver<u64>>) -> sockeye::Result {
    let mut price = price;
    let (sender, mut receiver) = handshake.accept().await?.split();
    let push = async |text: String| {
        let _ = sender.send(text).await; //~ swallowed_error
    };
    let pushing = async {
        while price.changed().await.is_ok() {
            let text = price.borrow_and_update().to_string();
            push(text).await;
        }
    };
    let reading = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(pushing, reading);
    Ok(())
}

/// Only the first line is answered.
#[ws_endpoint("/unusual/first")]
async fn first(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?; //~ no_receive_loop
    let Some(message) = socket.recv().await? else { return Ok(()) };
    match message.as_text() {
        Some("time") => socket.send("now").await?,
        Some(_) => socket.send("what?").await?,
        None => {}
    }
    Ok(())
}

/// A generic function that sends all it is given.
async fn send_all<I>(socket: &Socket, items: I) -> sockeye::Result
where
    I: IntoIterator<Item = String>,
{
    for item in items {
        socket.send(item).await?;
    }
    Ok(())
}

/// And that is all.
#[ws_endpoint("/unusual/generic")]
async fn generic(handshake: Handshake, State(lines): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?; //~ no_receive_loop
    send_all(&socket, lines).await
}

/// Waits in the middle of a loop with a counter.
#[ws_endpoint("/unusual/counter")]
async fn counter(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut count = 0u64;
    let outcome = loop {
        sleep(Duration::from_secs(1)).await;
        count += 1;
        let sent = socket.send(count.to_string()).await; //~ deaf_loop
        if sent.is_err() {
            break sent;
        }
    };
    outcome
}

/// Sends, and drops the receiver.
#[ws_endpoint("/unusual/dropped")]
async fn dropped(handshake: Handshake, State(price): State<watch::Receiver<u64>>) -> sockeye::Result {
    let mut price = price;
    let (sender, receiver) = handshake.accept().await?.split();
    drop(receiver);
    loop {
        if let Err(_) = price.changed().await {
            break Ok(());
        }
        let text = price.borrow_and_update().to_string();
        sender.send(text).await?; //~ deaf_loop
    }
}
