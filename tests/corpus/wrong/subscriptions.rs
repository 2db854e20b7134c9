//! A client that is slow once gets no more events: subscriptions from methods, tuples, and structs.

use axum::{extract::State, http::StatusCode};
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::sync::{broadcast, mpsc};
use tokio_stream::{StreamExt as _, wrappers::BroadcastStream};

#[derive(Clone)]
struct Room {
    events: broadcast::Sender<String>,
    inbox: mpsc::Sender<String>,
}

struct Membership {
    inbox: mpsc::Sender<String>,
    events: broadcast::Receiver<String>,
}

impl Room {
    fn join(&self) -> (mpsc::Sender<String>, broadcast::Receiver<String>) {
        (self.inbox.clone(), self.events.subscribe())
    }

    fn enter(&self) -> Membership {
        Membership { inbox: self.inbox.clone(), events: self.events.subscribe() }
    }

    fn listen(&self) -> broadcast::Receiver<String> {
        self.events.subscribe()
    }

    async fn find(&self, _name: &str) -> Option<broadcast::Receiver<String>> {
        Some(self.events.subscribe())
    }
}

/// In a tuple.
#[ws_endpoint("/subscriptions/tuple")]
async fn tuple(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let (tx, mut rx) = room.join();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            line = rx.recv() => match line {
                Ok(line) => socket.send(line).await?,
                Err(_) => break, //~ lagged_feed
            },
            message = socket.recv() => {
                let Some(message) = message? else { break };
                let _ = tx.send(message.as_text().unwrap_or_default().to_owned()).await;
            }
        }
    }
    Ok(())
}

/// From a method of the state.
#[ws_endpoint("/subscriptions/method")]
async fn method(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let mut lines = room.listen();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async {
        while let Ok(line) = lines.recv().await { //~ lagged_feed
            sender.send(line).await?;
        }
        Ok(())
    };
    let reading = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = pushing => ended, ended = reading => ended }
}

/// In a field of what the method returns.
#[ws_endpoint("/subscriptions/field")]
async fn field(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let mut member = room.enter();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            line = member.events.recv() => {
                let Ok(line) = line else { return Ok(()) }; //~ lagged_feed
                socket.send(line).await?;
            }
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                let _ = member.inbox.send(message.as_text().unwrap_or_default().to_owned()).await;
            }
        }
    }
}

/// Destructured.
#[ws_endpoint("/subscriptions/destructured")]
async fn destructured(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let Membership { mut events, inbox } = room.enter();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async {
        loop {
            match events.recv().await {
                Ok(line) => sender.send(line).await?,
                _ => return Ok(()), //~ lagged_feed
            }
        }
    };
    let reading = async {
        while let Some(message) = receiver.recv().await? {
            let _ = inbox.send(message.as_text().unwrap_or_default().to_owned()).await;
        }
        Ok(())
    };
    tokio::select! { ended = pushing => ended, ended = reading => ended }
}

/// Found, if there is one.
#[ws_endpoint("/subscriptions/found")]
async fn found(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let Some(mut lines) = room.find("main").await else {
        return Err(handshake.reject(StatusCode::NOT_FOUND, "no room"));
    };
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            line = lines.recv() => {
                if let Ok(line) = line { //~ lagged_feed
                    socket.send(line).await?;
                } else {
                    break;
                }
            }
            message = socket.recv() => if message?.is_none() { break },
        }
    }
    Ok(())
}

/// `?` in a helper that gives the next one, or nothing.
async fn next_line(lines: &mut broadcast::Receiver<String>) -> Option<String> {
    let line = lines.recv().await.ok()?;
    Some(line.to_uppercase())
}

#[ws_endpoint("/subscriptions/helper")]
/// The helper says `None` for a lag.
async fn helped(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let mut lines = room.events.subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async {
        while let Some(line) = next_line(&mut lines).await { //~ lagged_feed
            sender.send(line).await?;
        }
        Ok(())
    };
    let reading = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = pushing => ended, ended = reading => ended }
}

/// `?` in a function that is a task.
async fn push_all(sender: Sender, mut lines: broadcast::Receiver<String>) -> Result<(), broadcast::error::RecvError> {
    loop {
        let line = lines.recv().await?; //~ lagged_feed
        if sender.send(line).await.is_err() {
            return Ok(());
        }
    }
}

/// Its handle says nothing to the client.
#[ws_endpoint("/subscriptions/task")]
async fn in_task(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = tokio::spawn(push_all(sender, room.events.subscribe()));
    while let Ok(Some(_)) = receiver.recv().await {}
    pushing.abort();
    Ok(())
}

/// `select!` gives the result, a `match` looks at it.
#[ws_endpoint("/subscriptions/given")]
async fn given(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let mut lines = room.events.subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            message = socket.recv() => match message? {
                Some(_) => continue,
                None => break,
            },
        };
        match line {
            Ok(line) => socket.send(line).await?,
            Err(_) => break, //~ lagged_feed
        }
    }
    Ok(())
}

/// The stream ends at the first lag.
#[ws_endpoint("/subscriptions/stream")]
async fn stream(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let mut lines = BroadcastStream::new(room.events.subscribe()).map_while(Result::ok); //~ lagged_feed
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async {
        while let Some(line) = lines.next().await {
            sender.send(line).await?;
        }
        Ok(())
    };
    let reading = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = pushing => ended, ended = reading => ended }
}

/// The same by a test.
#[ws_endpoint("/subscriptions/taken")]
async fn taken(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let lines = BroadcastStream::new(room.events.subscribe())
        .take_while(|line| line.is_ok()) //~ lagged_feed
        .filter_map(|line| line.ok());
    socket.forward(lines).await
}

/// `let else` in a labelled loop.
#[ws_endpoint("/subscriptions/labelled")]
async fn labelled(handshake: Handshake, State(room): State<Room>) -> sockeye::Result {
    let (_tx, mut rx) = room.join();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async move {
        'lines: loop {
            let Ok(line) = rx.recv().await else { break 'lines }; //~ lagged_feed
            if line.is_empty() {
                continue 'lines;
            }
            sender.send(line).await?;
        }
        Ok(())
    };
    let reading = async move {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! { ended = pushing => ended, ended = reading => ended }
}

/// In an inner `if let`, with an outer exit.
struct Watcher {
    rx: broadcast::Receiver<String>,
    sender: Sender,
}

impl Watcher {
    async fn run(&mut self) -> sockeye::Result {
        loop {
            match self.rx.recv().await {
                Ok(line) if line.starts_with('#') => {}
                Ok(line) => self.sender.send(line).await?,
                Err(_) => return Ok(()), //~ lagged_feed
            }
        }
    }

    async fn next(&mut self) -> Option<String> {
        let line = self.rx.recv().await.ok()?;
        Some(line)
    }

    async fn run_next(&mut self) -> sockeye::Result {
        while let Some(line) = self.next().await { //~ lagged_feed
            self.sender.send(line).await?;
        }
        Ok(())
    }
}
