//! Mistakes of the other files once more, in other words.

use std::{sync::Arc, time::Duration};
use axum::{extract::State, http::StatusCode};
use sockeye::{Error, Handshake, Sender, Receiver, ws_endpoint};
use tokio::{sync::mpsc, time::{interval, sleep}};

async fn load(db: &Db) -> sockeye::Result<String> {
    db.get().await.map_err(|_| Error::status(StatusCode::BAD_GATEWAY, "db"))
}

/// Helper tail.
#[ws_endpoint("/variants/helper_tail")]
async fn helper_tail(handshake: Handshake, State(db): State<Db>) -> sockeye::Result<String> {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    load(&db).await //~ accepted_twice
}

/// Labelled.
#[ws_endpoint("/variants/labelled")]
async fn labelled(handshake: Handshake, State(db): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    'talk: loop {
        let mut left = 10;
        while left > 0 {
            let Some(message) = socket.recv().await? else { break 'talk Ok(()) };
            if message.as_text().is_none() {
                tracing::warn!("no text");
                break 'talk Err(Error::status(StatusCode::BAD_REQUEST, "text only")); //~ accepted_twice
            }
            socket.send(message).await?;
            left -= 1;
        }
    }
}

/// Select break.
#[ws_endpoint("/variants/select_break")]
async fn select_break(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await?,
                None => break Ok(()),
            },
            () = sleep(Duration::from_secs(60)) => break Err(Error::status(StatusCode::REQUEST_TIMEOUT, "slow")), //~ accepted_twice
        }
    }
}

/// If let.
#[ws_endpoint("/variants/if_let")]
async fn if_let(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let write = async {
        let mut ticks = interval(Duration::from_secs(1));
        let mut lost = 0u32;
        loop {
            ticks.tick().await;
            if let Err(error) = sender.send("tick").await { //~ swallowed_error
                lost += 1;
                tracing::warn!(%error, lost, "lost");
            }
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(write, read);
    Ok(())
}

/// Then.
#[ws_endpoint("/variants/then")]
async fn then(handshake: Handshake, State(greeting): State<Option<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    drop(greeting.map(|text| socket.send(text))); //~ missing_await
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

struct Clock { out: Sender, every: Duration }

impl Clock {
    fn every(out: Sender, every: Duration) -> Clock {
        tracing::debug!(?every, "a clock");
        Clock { out, every }
    }

    async fn run(self) -> sockeye::Result<()> {
        let mut ticks = interval(self.every);
        loop {
            ticks.tick().await;
            self.out.send("tick").await?;
        }
    }
}

/// Clock.
#[ws_endpoint("/variants/clock")]
async fn clock(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let clock = Clock::every(sender.clone(), Duration::from_secs(1));
    tokio::task::spawn(async move { //~ detached_task
        if let Err(error) = clock.run().await {
            tracing::info!(%error, "stopped");
        }
    });
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Clock2.
#[ws_endpoint("/variants/clock2")]
async fn clock2(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let future = Box::pin(Clock::every(sender.clone(), Duration::from_secs(1)).run());
    tokio::spawn(future); //~ detached_task
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// One.
#[ws_endpoint("/variants/one")]
async fn one(handshake: Handshake, State(jobs): State<mpsc::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split(); //~ no_receive_loop
    tokio::select! {
        biased;
        Ok(Some(message)) = receiver.recv() => {
            jobs.send(message.as_text().unwrap_or_default().to_owned()).await?;
            sender.send("queued").await?;
        }
        () = sleep(Duration::from_secs(30)) => sender.send("nothing").await?,
        else => {}
    }
    Ok(())
}

/// Unwrap.
#[ws_endpoint("/variants/unwrap")]
async fn unwrap(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(text) = socket.recv().await.transpose().map(|received| received.unwrap().as_text().map(str::to_owned)) { //~ panicking_io
        socket.send(text.unwrap_or_default()).await.unwrap_or_else(|_| unreachable!("connected")); //~ panicking_io
    }
    Ok(())
}

struct Wire<R, W> { reader: R, writer: W }

impl Wire<Receiver, Sender> {
    async fn echo(&mut self) {
        let message = self.reader.recv().await.unwrap(); //~ panicking_io
        self.writer.send(message.unwrap()).await.expect("sent"); //~ panicking_io
    }
}

mod files {
    pub mod cache {
        pub fn warm() { std::thread::sleep(std::time::Duration::from_secs(1)); }
    }
    pub trait Reads { fn read_it(&self) -> String; }
    pub struct Plain;
    impl Reads for Plain {
        fn read_it(&self) -> String { std::fs::read_to_string("x").unwrap_or_default() }
    }
    pub static PLAIN: Plain = Plain;
}

use files::Reads;

/// Mods.
#[ws_endpoint("/variants/mods")]
async fn mods(handshake: Handshake, State(reads): State<Arc<dyn Reads + Send + Sync>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    files::cache::warm(); //~ blocking_call
    while let Some(_) = socket.recv().await? {
        socket.send(reads.read_it()).await?; //~ blocking_call
    }
    Ok(())
}
