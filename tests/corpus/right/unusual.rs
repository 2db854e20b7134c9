//! Right handlers in the clothes of wrong ones.

use std::time::Duration;

use axum::extract::State;
use futures_util::{SinkExt, StreamExt, future};
use sockeye::{CloseCode, Handshake, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    sync::{broadcast, broadcast::error::RecvError, mpsc, watch},
    time::interval,
};

/// By paths, and awaited.
#[ws_endpoint("/right/unusual/path-call")]
async fn path_call(handshake: Handshake) -> sockeye::Result {
    let mut socket = Handshake::accept(handshake).await?;
    while let Some(message) = Socket::recv(&mut socket).await? {
        Socket::send(&socket, message).await?;
    }
    Ok(())
}

/// The same of halves, with the future in a name.
#[ws_endpoint("/right/unusual/path-of-half")]
async fn path_of_half(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(message) = Receiver::recv(&mut receiver).await? {
        let sending = Sender::send(&sender, message);
        sending.await?;
    }
    Ok(())
}

/// Closed by a path.
#[ws_endpoint("/right/unusual/path-of-close")]
async fn path_of_close(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    Socket::send(&socket, "hello").await?;
    Socket::close(socket, CloseCode::NORMAL, "that is all").await
}

/// A method that sends and says nothing, beside a `select!`.
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
                Ok(text) => self.show(text).await,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}

/// Whoever ends first ends the other.
#[ws_endpoint("/right/unusual/board")]
async fn board(handshake: Handshake, State(moves): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let board = Board { sender, moves: moves.subscribe() };
    let reading = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::select! {
        () = board.run() => {}
        () = reading => {}
    }
    Ok(())
}

/// `map_err` that logs, and a `break`.
#[ws_endpoint("/right/unusual/map-err")]
async fn map_err(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async move {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if sender.send("tick").await.map_err(|error| tracing::debug!(%error)).is_err() {
                break;
            }
        }
    };
    let reading = async move { while let Ok(Some(_)) = receiver.recv().await {} };
    future::join(pushing, reading).await;
    Ok(())
}

/// A flag that the reader sets.
#[ws_endpoint("/right/unusual/flag")]
async fn flag(handshake: Handshake, State(price): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut price = price;
    let (gone, mut is_gone) = watch::channel(false);
    let pushing = async move {
        loop {
            tokio::select! {
                changed = price.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let text = price.borrow_and_update().to_string();
                    let _ = sender.send(text).await;
                }
                _ = is_gone.changed() => break,
            }
        }
    };
    let reading = async move {
        while let Ok(Some(_)) = receiver.recv().await {}
        let _ = gone.send(true);
    };
    future::join(pushing, reading).await;
    Ok(())
}

/// A queue of its own, and a `join` by its path.
#[ws_endpoint("/right/unusual/queue")]
async fn queue(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (tx, mut rx) = mpsc::channel::<String>(8);
    let writing = async move {
        while let Some(line) = rx.recv().await {
            let _ = sender.send(line).await;
        }
    };
    let reading = async move {
        while let Ok(Some(message)) = receiver.recv().await {
            let _ = tx.send(message.as_text().unwrap_or_default().to_owned()).await;
        }
    };
    futures_util::future::join(writing, reading).await;
    Ok(())
}
