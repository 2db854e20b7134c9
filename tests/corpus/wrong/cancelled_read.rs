//! Branches that lose what they have read.

use std::time::Duration;

use sockeye::{Handshake, Message, Socket, ws_endpoint};
use tokio::{io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, stdin}, time::{interval, timeout}};

#[ws_endpoint("/cancelled/exact")]
/// A frame of another protocol.
async fn exact(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut input = stdin();
    let mut frame = [0; 8];
    loop {
        tokio::select! {
            read = input.read_exact(&mut frame) => { //~ cancelled_read
                read?;
                socket.send(frame.to_vec()).await?;
            }
            message = socket.recv() => match message? {
                Some(message) => tracing::info!(?message),
                None => return Ok(()),
            },
        }
    }
}

#[ws_endpoint("/cancelled/line")]
/// A line, with a deadline around it.
async fn line(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut input = BufReader::new(stdin());
    loop {
        let mut line = String::new();
        tokio::select! {
            read = timeout(Duration::from_secs(9), input.read_line(&mut line)) => { //~ cancelled_read
                read??;
                socket.send(line).await?;
            }
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

#[ws_endpoint("/cancelled/write")]
/// A write.
async fn write(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut output = tokio::io::stdout();
    let mut pending = Vec::new();
    loop {
        tokio::select! {
            written = output.write_all(&pending), if !pending.is_empty() => { //~ cancelled_read
                written?;
                pending.clear();
            }
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                pending.extend_from_slice(message.as_bytes());
            }
        }
    }
}

#[ws_endpoint("/cancelled/interval")]
/// A timer that begins anew.
async fn anew(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let mut every = interval(Duration::from_secs(1)); //~ cancelled_read
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            _ = every.tick() => socket.send("tick").await?,
        }
    }
}

#[ws_endpoint("/cancelled/inline")]
/// The same in the branch itself.
async fn inline(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            _ = interval(Duration::from_secs(1)).tick() => socket.send("tick").await?, //~ cancelled_read
        }
    }
}

async fn pair(socket: &mut Socket) -> sockeye::Result<Option<(Message, Message)>> {
    let Some(one) = socket.recv().await? else { return Ok(None) };
    let Some(two) = socket.recv().await? else { return Ok(None) };
    Ok(Some((one, two)))
}

#[ws_endpoint("/cancelled/pairs")]
/// A helper that takes two messages.
async fn pairs(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        let both = tokio::select! {
            both = pair(&mut socket) => both?, //~ cancelled_read
            _ = ticks.tick() => continue,
        };
        let Some((one, two)) = both else { return Ok(()) };
        socket.send((one.len() + two.len()).to_string()).await?;
    }
}

#[ws_endpoint("/cancelled/interval-inside")]
/// Made in the branch.
async fn interval_inside(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            _ = async { interval(Duration::from_secs(5)).tick().await } => socket.send("tick").await?, //~ cancelled_read
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

#[ws_endpoint("/cancelled/interval-named")]
/// With a name.
async fn interval_named(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            () = async {
                let mut ticks = tokio::time::interval(Duration::from_secs(5)); //~ cancelled_read
                ticks.tick().await;
            } => socket.send("tick").await?,
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

struct Clock {
    socket: Socket,
    every: Duration,
}

impl Clock {
    /// In a method.
    async fn run(mut self) -> sockeye::Result {
        loop {
            tokio::select! {
                message = self.socket.recv() => if message?.is_none() { return Ok(()) },
                at = async move {
                    let mut beat = interval(self.every); //~ cancelled_read
                    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
                    beat.tick().await
                } => self.socket.send(format!("{at:?}")).await?,
            }
        }
    }
}
