//! Methods and variables with the same names as ours that mean something else.

use std::{collections::HashMap, sync::mpsc as std_mpsc};

use axum::extract::State;
use futures_util::{SinkExt as _, StreamExt as _};
use sockeye::{CloseCode, Handshake, Message, ws_endpoint};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// `send` of every channel there is, without `await` and with the result thrown away.
#[ws_endpoint("/names/send")]
async fn sends(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (unbounded, mut inbox) = mpsc::unbounded_channel();
    let (all, _keep) = broadcast::channel(4);
    let (latest, _value) = watch::channel(0);
    let (once, answer) = oneshot::channel();
    let (plain, queue) = std_mpsc::channel();
    let _ = once.send(0);
    while let Some(message) = socket.recv().await? {
        let size = message.len();
        let _ = unbounded.send(size);
        let _ = all.send(size);
        latest.send(size).ok();
        plain.send(size).unwrap();
        unbounded.send(size)?;
        if let Err(error) = all.send(size) {
            tracing::debug!(%error);
        }
    }
    inbox.close();
    while let Some(size) = inbox.recv().await {
        tracing::debug!(size);
    }
    assert_eq!(answer.await?, 0);
    drop(plain);
    for size in queue {
        tracing::debug!(size);
    }
    Ok(())
}

/// `recv` of a channel in a loop without a way out of its own, beside the socket's.
#[ws_endpoint("/names/recv")]
async fn receives(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut receiver = events.subscribe();
    loop {
        tokio::select! {
            event = receiver.recv() => {
                if let Ok(event) = event {
                    socket.send(event).await?;
                }
            }
            message = socket.recv() => {
                if message?.is_none() {
                    return Ok(());
                }
            }
        }
    }
}

/// The state has methods `accept`, `reject`, `split` and `close`.
#[derive(Clone, Default)]
struct Gate(HashMap<String, u32>);

impl Gate {
    fn accept(&mut self, name: &str) {
        self.0.entry(name.to_owned()).and_modify(|count| *count += 1).or_insert(1);
    }

    async fn reject(&self, _name: &str) {}

    fn split(&self) -> (u32, u32) {
        (0, 1)
    }

    async fn close(&mut self) {}

    fn spawn(&self) {}
}

/// Uses them before, between and after.
#[ws_endpoint("/names/gate")]
async fn gated(handshake: Handshake, State(mut gate): State<Gate>) -> sockeye::Result {
    gate.accept("before");
    gate.reject("nobody").await;
    let mut socket = handshake.accept().await?;
    gate.accept("after");
    let (low, high) = gate.split();
    gate.spawn();
    gate.close().await;
    while let Some(message) = socket.recv().await? {
        gate.accept("again");
        socket.send(format!("{low} {high} {}", message.len())).await?;
    }
    gate.close().await;
    gate.accept("done");
    Ok(())
}

/// A variable that is called like the handshake, of another type, in an inner scope, before it is accepted.
#[ws_endpoint("/names/inner-handshake")]
async fn inner_handshake(handshake: Handshake) -> sockeye::Result {
    {
        let (handshake, mut shaken) = mpsc::channel::<u8>(1);
        handshake.send(1).await?;
        assert_eq!(shaken.recv().await, Some(1));
        let _ = handshake.send(2).await;
        handshake.closed().now_or_never_checked();
    }
    for handshake in ["a", "b"] {
        tracing::debug!(handshake);
        let _ = handshake.split('a');
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

trait Checked: Sized {
    fn now_or_never_checked(self) {}
}

impl<F: Future<Output = ()>> Checked for F {}

/// The socket's name is given to a sink and back.
#[ws_endpoint("/names/sink")]
async fn sink(handshake: Handshake) -> sockeye::Result {
    let mut conn = handshake.accept().await?;
    let bytes = {
        let (mut conn, stream) =
            futures_util::sink::unfold(Vec::new(), |mut all: Vec<u8>, byte: u8| async move {
                all.push(byte);
                Ok::<_, std::convert::Infallible>(all)
            })
            .boxed_pair();
        conn.send(1).await?;
        conn.feed(2).await?;
        conn.flush().await?;
        conn.close().await?;
        stream
    };
    conn.send(vec![bytes]).await?;
    while let Some(message) = conn.recv().await? {
        conn.send(message).await?;
    }
    Ok(())
}

trait BoxedPair: Sized {
    fn boxed_pair(self) -> (std::pin::Pin<Box<Self>>, u8) {
        (Box::pin(self), 3)
    }
}

impl<S> BoxedPair for S {}

/// Fields, functions and modules of the same names.
#[ws_endpoint("/names/fields")]
async fn fields(handshake: Handshake) -> sockeye::Result {
    struct Settings {
        socket: String,
        handshake: Vec<String>,
    }
    mod socket {
        pub(super) fn send(_text: &str) {}
    }
    fn recv() -> Option<u8> {
        None
    }
    let settings = Settings { socket: "unix".into(), handshake: vec![] };
    let _ = settings.socket.split('/');
    settings.handshake.iter().for_each(drop);
    socket::send("nothing");
    assert!(recv().is_none());
    let mut socket = handshake.accept().await?;
    socket.send(settings.socket).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Raw identifiers, and names in another script.
#[ws_endpoint("/names/raw")]
async fn raw(r#match: Handshake) -> sockeye::Result {
    let mut größe = r#match.accept().await?;
    while let Some(r#type) = größe.recv().await? {
        größe.send(r#type).await?;
    }
    Ok(())
}

/// Text and comments that look like code.
#[ws_endpoint("/names/text")]
async fn text(handshake: Handshake) -> sockeye::Result {
    // handshake.send("too early"); std::thread::sleep(forever); loop {}
    let help = r#"write: socket.send("x"); socket.close(1000); std::fs::read("x");"#;
    let mut socket = handshake.accept().await?; // not handshake.accept().unwrap()
    socket.send(help).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Fully qualified calls.
#[ws_endpoint("/names/qualified")]
async fn qualified(handshake: Handshake) -> sockeye::Result {
    let mut socket = Handshake::accept(handshake).await?;
    while let Some(message) = sockeye::Socket::recv(&mut socket).await? {
        sockeye::Socket::send(&socket, message).await?;
    }
    sockeye::Socket::close(socket, CloseCode::NORMAL, "").await
}

/// A message that is called like the socket inside of a pattern, and a nested handler of messages.
#[ws_endpoint("/names/message")]
async fn message(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let reply = if let Message::Text(socket) = &message { socket.len() } else { 0 };
        socket.send(reply.to_string()).await?;
    }
    Ok(())
}
