//! Structs of their own that hold the connection, used rightly.

use std::time::Duration;

use sockeye::{Handshake, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::time::{interval, sleep};

struct Gauge {
    sender: Sender,
    shown: u64,
}

impl Gauge {
    async fn show(&mut self, value: u64) -> sockeye::Result {
        self.shown += 1;
        self.sender.send(value.to_string()).await
    }

    fn shown(&self) -> u64 {
        self.shown
    }
}

/// Shows a value until it cannot be shown.
#[ws_endpoint("/objects/gauge")]
async fn gauge(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut gauge = Gauge { sender, shown: 0 };
    let show = async {
        while gauge.show(7).await.is_ok() {
            sleep(Duration::from_secs(10)).await;
        }
        gauge.shown()
    };
    let read = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::select! {
        shown = show => tracing::debug!(shown, "shown"),
        () = read => {}
    }
    Ok(())
}

struct Screen {
    socket: Socket,
    name: String,
}

impl Screen {
    fn new(socket: Socket, name: &str) -> Self {
        Self { socket, name: name.to_owned() }
    }

    async fn draw(&mut self, line: &str) -> sockeye::Result {
        self.socket.send(format!("{}: {line}", self.name)).await
    }

    async fn key(&mut self) -> sockeye::Result<Option<Message>> {
        self.socket.recv().await
    }

    async fn run(mut self) -> sockeye::Result {
        while let Some(key) = self.key().await? {
            self.draw(key.as_text().unwrap_or("?")).await?;
        }
        Ok(())
    }

    async fn serve(&mut self) -> sockeye::Result {
        while let Some(key) = self.socket.recv().await? {
            self.socket.send(key).await?;
        }
        Ok(())
    }
}

/// Draws, and looks at the keys.
#[ws_endpoint("/objects/screen")]
async fn screen(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut screen = Screen { socket, name: "one".to_owned() };
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = ticks.tick() => screen.draw("line").await?,
            key = screen.key() => if key?.is_none() { return Ok(()) },
        }
    }
}

/// The struct runs the conversation.
#[ws_endpoint("/objects/run")]
async fn run(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut screen = Screen { socket, name: "two".to_owned() };
    screen.draw("hello").await?;
    screen.run().await
}

/// A method has the loop.
#[ws_endpoint("/objects/serve")]
async fn serve(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut screen = Screen { socket, name: "three".to_owned() };
    screen.draw("hello").await?;
    screen.serve().await?;
    Ok(())
}

/// A function of its type creates it.
#[ws_endpoint("/objects/new")]
async fn new(handshake: Handshake) -> sockeye::Result {
    let mut screen = Screen::new(handshake.accept().await?, "four");
    while let Some(key) = screen.key().await? {
        screen.draw(key.as_text().unwrap_or("?")).await?;
    }
    Ok(())
}

/// The field is used directly, and the struct is taken apart.
#[ws_endpoint("/objects/fields")]
async fn fields(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut screen = Screen { socket, name: "five".to_owned() };
    screen.draw("hello").await?;
    screen.socket.send("again").await?;
    let Screen { mut socket, name } = screen;
    while let Some(key) = socket.recv().await? {
        tracing::debug!(name, ?key, "heard");
    }
    Ok(())
}

async fn elsewhere(mut screen: Screen) -> sockeye::Result {
    screen.serve().await
}

/// It is passed on, in a box or as it is.
#[ws_endpoint("/objects/passed")]
async fn passed(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let screen = Box::new(Screen { socket, name: "six".to_owned() });
    elsewhere(*screen).await
}

struct Bye {
    sender: Sender,
}

impl Drop for Bye {
    fn drop(&mut self) {
        let sender = self.sender.clone();
        tokio::spawn(async move { sender.send("bye").await });
    }
}

struct Ear(Receiver);

impl Ear {
    async fn hear(&mut self) -> Option<Message> {
        self.0.recv().await.ok().flatten()
    }
}

/// One half, with a guard that says goodbye.
#[ws_endpoint("/objects/ear")]
async fn ear(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let _bye = Bye { sender: sender.clone() };
    let mut ear = Ear(receiver);
    while let Some(message) = ear.hear().await {
        sender.send(message).await?;
    }
    Ok(())
}

/// A tuple of them in a task of the connection.
#[ws_endpoint("/objects/task")]
async fn task(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let mut gauge = Gauge { sender: sender.clone(), shown: 0 };
    let mut ear = Ear(receiver);
    sender.spawn(async move {
        let mut ticks = interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            if gauge.show(1).await.is_err() {
                return;
            }
        }
    });
    while ear.hear().await.is_some() {}
    Ok(())
}
