//! tokio-websockets on a plain TCP stream.

use std::io;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime, select,
    sync::broadcast::{self, Sender},
};
use tokio_websockets::{Error, Message, ServerBuilder, WebSocketStream};

pub(crate) fn run() -> io::Result<()> {
    runtime::Builder::new_current_thread().enable_io().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        crate::say(listener.local_addr()?);
        let all = broadcast::channel(1024).0;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let all = all.clone();
            tokio::spawn(async move {
                let (request, socket) = ServerBuilder::new().accept(stream).await?;
                if request.uri().path() == "/feed" { feed(socket, all).await } else { echo(socket).await }
            });
        }
    })
}

async fn echo(mut socket: WebSocketStream<TcpStream>) -> Result<(), Error> {
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

async fn feed(mut socket: WebSocketStream<TcpStream>, all: Sender<Message>) -> Result<(), Error> {
    let mut events = all.subscribe();
    loop {
        select! {
            message = socket.next() => match message {
                Some(message) => {
                    let message = message?;
                    if message.is_text() { _ = all.send(message) }
                }
                None => return Ok(()),
            },
            event = events.recv() => match event {
                Ok(message) => socket.send(message).await?,
                Err(_) => return Ok(()),
            },
        }
    }
}
