//! The mistake is in what an endpoint does with a struct of its own that holds the connection.

use std::time::Duration;

use sockeye::{Handshake, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::time::{interval, sleep};

struct Gauge {
    sender: Sender,
    shown: u64,
}

impl Gauge {
    async fn show(&mut self, value: u64) {
        if let Err(error) = self.sender.send(value.to_string()).await {
            tracing::warn!(%error, "not shown");
        }
        self.shown += 1;
    }
}

/// Shows a value, and does not notice that no one sees it.
#[ws_endpoint("/gauge")]
async fn gauge(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut gauge = Gauge { sender, shown: 0 };
    let show = async {
        loop {
            sleep(Duration::from_secs(10)).await;
            gauge.show(7).await; //~ swallowed_error
        }
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(show, read);
    Ok(())
}

struct Screen {
    socket: Socket,
}

impl Screen {
    async fn draw(&mut self, line: &str) -> sockeye::Result {
        self.socket.send(line).await
    }

    async fn key(&mut self) -> Option<Message> {
        self.socket.recv().await.ok()?
    }
}

/// Draws, and never looks at the keys.
#[ws_endpoint("/screen")]
async fn screen(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut screen = Screen { socket };
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        screen.draw("line").await?; //~ deaf_loop
    }
}

/// Draws once.
#[ws_endpoint("/screen/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?; //~ no_receive_loop
    let mut screen = Screen { socket };
    screen.draw("line").await?;
    Ok(())
}

/// Waits for a key for ever.
#[ws_endpoint("/screen/keys")]
async fn keys(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut screen = Screen { socket };
    loop {
        if let Some(key) = screen.key().await { //~ spinning_loop
            tracing::info!(?key, "pressed");
        }
    }
}

struct Ear(Receiver);

impl Ear {
    async fn hear(&mut self) -> Option<Message> {
        self.0.recv().await.ok().flatten()
    }
}

/// Listens with one half.
#[ws_endpoint("/ear")]
async fn ear(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let mut ear = Ear(receiver);
    loop {
        let Some(message) = ear.hear().await else { continue }; //~ spinning_loop
        sender.send(message).await?;
    }
}
