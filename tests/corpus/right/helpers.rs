//! Functions and methods that take a part of the conversation.

use std::{future::Future, time::Duration};

use axum::{extract::State, http::StatusCode};
use sockeye::{CloseCode, Codec, Error, Handshake, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{sync::broadcast, time::timeout};

/// Only the next text; used by several.
async fn next_text(socket: &mut Socket) -> sockeye::Result<Option<String>> {
    while let Some(message) = socket.recv().await? {
        if let Some(text) = message.as_text() {
            return Ok(Some(text.to_owned()));
        }
    }
    Ok(None)
}

/// One round of asking.
async fn ask(socket: &mut Socket, question: &str) -> sockeye::Result<String> {
    socket.send(question).await?;
    next_text(socket).await?.ok_or_else(|| Error::close(CloseCode::NORMAL, "no answer"))
}

/// Receives once and has no loop: its caller has.
async fn one(socket: &mut Socket) -> sockeye::Result<Option<Message>> {
    socket.recv().await
}

/// No `async` and no `await`: the caller gets the future.
fn later(socket: &mut Socket) -> impl Future<Output = sockeye::Result<Option<Message>>> + '_ {
    socket.recv()
}

/// A future that is returned by a block.
fn tell<'a>(sender: &'a Sender, text: &'a str) -> impl Future<Output = sockeye::Result> + 'a {
    async move { sender.send(text).await }
}

/// Sends and has no loop: it does not know who receives.
async fn greet(socket: &Socket, name: &str) -> sockeye::Result {
    socket.send("hello").await?;
    socket.send(name).await
}

/// Sends in a loop and waits: it has a sender only, somebody else receives.
async fn pump(sender: &Sender, mut events: broadcast::Receiver<String>) -> sockeye::Result {
    loop {
        sender.send(events.recv().await?).await?;
    }
}

/// The same with its own sender.
async fn pump_owned(sender: Sender, mut events: broadcast::Receiver<String>) -> sockeye::Result {
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => break,
        };
        sender.send(event).await?;
    }
    Ok(())
}

/// Receives on a half.
async fn until_gone(receiver: &mut Receiver) -> sockeye::Result {
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// Takes over and never gives back.
async fn converse(mut socket: Socket) -> sockeye::Result {
    while let Some(text) = next_text(&mut socket).await? {
        socket.send(text).await?;
    }
    Ok(())
}

/// Gives back the socket.
async fn login(mut socket: Socket) -> sockeye::Result<(Socket, String)> {
    let name = ask(&mut socket, "your name?").await?;
    greet(&socket, &name).await?;
    Ok((socket, name))
}

/// Accepts for another.
async fn open(handshake: Handshake) -> sockeye::Result<Socket> {
    if handshake.origin().is_none() {
        return Err(handshake.reject(StatusCode::FORBIDDEN, "browsers only"));
    }
    handshake.accept().await
}

/// Looks and touches nothing.
fn may_enter(handshake: &Handshake) -> bool {
    handshake.headers().contains_key("cookie")
}

/// Any codec.
async fn count<C: Codec>(mut socket: Socket<C>) -> sockeye::Result<usize> {
    let mut count = 0;
    while socket.recv().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// A loop around a helper.
#[ws_endpoint("/helpers/loop")]
async fn loop_around(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(text) = next_text(&mut socket).await? {
        socket.send(text.trim()).await?;
    }
    Ok(())
}

/// A loop around a helper that receives, sending in between.
#[ws_endpoint("/helpers/ask")]
async fn asking(handshake: Handshake) -> sockeye::Result {
    let mut socket = open(handshake).await?;
    for question in ["name?", "age?", "town?"] {
        let answer = ask(&mut socket, question).await?;
        socket.send(format!("so {answer}")).await?;
    }
    Ok(())
}

/// The socket goes and comes back.
#[ws_endpoint("/helpers/login")]
async fn with_login(handshake: Handshake) -> sockeye::Result {
    let socket = open(handshake).await?;
    let (mut socket, name) = login(socket).await?;
    while let Some(message) = one(&mut socket).await? {
        socket.send(format!("{name}: {}", message.len())).await?;
    }
    Ok(())
}

/// The future of a helper, awaited here.
#[ws_endpoint("/helpers/later")]
async fn awaited_here(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = later(&mut socket).await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Halves in helpers.
#[ws_endpoint("/helpers/halves")]
async fn halves(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    if !may_enter(&handshake) {
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, "no cookie"));
    }
    let (sender, mut receiver) = handshake.accept().await?.split();
    tell(&sender, "welcome").await?;
    tokio::select! {
        result = pump(&sender, events.subscribe()) => result,
        result = pump_owned(sender.clone(), events.subscribe()) => result,
        result = until_gone(&mut receiver) => result,
    }
}

/// The result of a helper is the result.
#[ws_endpoint("/helpers/count")]
async fn counting(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    count(socket).await.map(|count| tracing::info!(count))
}

/// The helper gets the socket on one way only.
#[ws_endpoint("/helpers/one-way")]
async fn one_way(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let Some(first) = timeout(Duration::from_secs(5), socket.recv()).await?? else { return Ok(()) };
    match first.as_text() {
        Some("chat") => converse(socket).await,
        Some("count") => count(socket).await.map(drop),
        _ => socket.close(CloseCode::UNSUPPORTED_DATA, "chat or count").await,
    }
}

/// A session of the user's own: handler and methods.
struct Session {
    socket: Socket,
    name: String,
}

impl Session {
    fn new(socket: Socket, name: &str) -> Self {
        Self { socket, name: name.to_owned() }
    }

    async fn run(mut self) -> sockeye::Result {
        while let Some(message) = self.socket.recv().await? {
            self.handle(message).await?;
        }
        self.socket.close(CloseCode::NORMAL, "").await
    }

    async fn handle(&mut self, message: Message) -> sockeye::Result {
        self.socket.send(format!("{}: {} bytes", self.name, message.len())).await
    }

    async fn greet(&self, sender: &Sender) -> sockeye::Result {
        sender.send(self.name.as_str()).await
    }
}

/// Gives the socket to a struct.
#[ws_endpoint("/helpers/session")]
async fn session(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    Session::new(socket, "guest").run().await
}

/// The same with a struct expression and fields.
#[ws_endpoint("/helpers/fields")]
async fn fields(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut session = Session { socket, name: String::from("guest") };
    session.socket.send("welcome").await?;
    while let Some(message) = session.socket.recv().await? {
        session.handle(message).await?;
    }
    let Session { socket, name } = session;
    socket.close(CloseCode::NORMAL, format!("bye {name}")).await
}

/// A trait of the user's own adds methods to the socket.
trait SocketExt {
    fn send_all(&self, lines: &[&str]) -> impl Future<Output = sockeye::Result> + Send;
    fn run_echo(self) -> impl Future<Output = sockeye::Result> + Send;
}

impl SocketExt for Socket {
    async fn send_all(&self, lines: &[&str]) -> sockeye::Result {
        for line in lines {
            self.feed(*line).await?;
        }
        self.flush().await
    }

    async fn run_echo(mut self) -> sockeye::Result {
        while let Some(message) = self.recv().await? {
            self.send(message).await?;
        }
        Ok(())
    }
}

/// Methods of the user's own on the socket.
#[ws_endpoint("/helpers/extension")]
async fn extension(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send_all(&["one", "two"]).await?;
    socket.run_echo().await
}

/// Recursion instead of a loop.
#[ws_endpoint("/helpers/recursion")]
async fn recursion(handshake: Handshake) -> sockeye::Result {
    fn next<'a>(
        socket: &'a mut Socket,
        depth: u32,
    ) -> std::pin::Pin<Box<dyn Future<Output = sockeye::Result> + Send + 'a>> {
        Box::pin(async move {
            match socket.recv().await? {
                Some(message) => {
                    socket.send(message).await?;
                    next(socket, depth + 1).await
                }
                None => Ok(()),
            }
        })
    }
    let mut socket = handshake.accept().await?;
    next(&mut socket, 0).await
}
