//! One of the servers.

use std::time::Duration;

use axum::{Router, extract::State, response::Html, routing::get};
use serde::Serialize;
use sockeye::{Handshake, Hub, Json, Server, ws_endpoint};
use tokio::{io::AsyncReadExt as _, time::timeout};

use crate::Result;

/// What a client hears: which server it is, and what somebody has said there.
#[derive(Serialize)]
struct Line {
    server: String,
    text: String,
}

#[derive(Clone)]
struct Chat {
    server: String,
    hub: Hub<Line>,
}

impl Chat {
    fn line(&self, text: String) -> Line {
        Line { server: self.server.clone(), text }
    }
}

/// Everybody hears what anybody says, on whichever server they are.
#[ws_endpoint("/ws", max_message_size = "4 KiB")]
async fn chat(handshake: Handshake<Json<String, Line>>, State(chat): State<Chat>) -> sockeye::Result {
    let topic = chat.hub.topic("chat");
    let mut feed = topic.subscribe();
    let mut socket = handshake.accept().await?;
    // Whoever is welcome hears the other servers, unless the broker is away.
    _ = timeout(Duration::from_secs(1), feed.confirmed()).await;
    socket.send(chat.line("welcome".to_owned())).await?;
    loop {
        tokio::select! {
            text = socket.recv() => match text? {
                Some(text) => _ = topic.publish(&chat.line(text))?,
                None => return Ok(()),
            },
            event = feed.next() => {
                let event = event?;
                if event.after_outage() {
                    socket.send(chat.line("some lines may be missing here".to_owned())).await?;
                }
                socket.send(event).await?;
            }
        }
    }
}

/// Serves until its input ends, which is when the program that has started it does.
pub(crate) async fn serve(number: &str, address: &str, broker: &str) -> Result {
    let hub = Hub::builder().name("chat");
    // The only line that knows which broker it is.
    let hub = match broker.split_once("://") {
        Some(("nats", _)) => hub.backplane(sockeye_nats::connect(broker)).build(),
        _ => hub.backplane(sockeye_redis::connect(broker)).build(),
    };
    let page = Router::new().route("/", get(async || Html(include_str!("page.html"))));
    let server = Server::new()
        .state(Chat { server: number.to_owned(), hub: hub.clone() })
        .ready("broker", hub)
        .router(page)
        .shutdown(async { _ = tokio::io::stdin().read(&mut [0]).await });
    Ok(server.serve(address).await?)
}
