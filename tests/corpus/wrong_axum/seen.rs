//! Upgrades and sockets that come into a function in other ways than by a parameter of axum's own type.

use axum::{
    extract::{FromRequestParts, Request, ws::*},
    response::{IntoResponse, Response},
};
use futures_util::{Sink, SinkExt, Stream, StreamExt};

type MaybeUpgrade = Result<WebSocketUpgrade, rejection::WebSocketUpgradeRejection>;

struct Ws(WebSocketUpgrade);

async fn from_parts(request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await { //~ unchecked_origin
        Ok(upgrade) => upgrade.on_upgrade(|mut socket| async move {
            loop {
                if let Some(Ok(message)) = socket.recv().await { //~ spinning_loop
                    if socket.send(message).await.is_err() {
                        return;
                    }
                }
            }
        }),
        Err(rejection) => rejection.into_response(),
    }
}

async fn alias(upgrade: MaybeUpgrade) -> Response { //~ unchecked_origin
    match upgrade {
        Ok(upgrade) => upgrade.on_upgrade(|mut socket| async move { while socket.recv().await.is_some() {} }),
        Err(rejection) => rejection.into_response(),
    }
}

async fn wrapper(Ws(upgrade): Ws) -> Response {
    upgrade.on_upgrade(|mut socket| async move { //~ unchecked_origin
        let greeting = Message::Text("hello".into());
        socket.send(greeting).await.unwrap(); //~ panicking_io
        while let Some(Ok(_)) = socket.recv().await {}
    })
}

async fn any_stream<S>(mut messages: S)
where
    S: Stream<Item = Result<Message, axum::Error>> + Unpin,
{
    loop {
        if let Some(Ok(message)) = messages.next().await { //~ spinning_loop
            tracing::info!(?message);
        }
    }
}

async fn any_sink(mut sink: impl Sink<Message, Error = axum::Error> + Unpin) {
    sink.send(Message::Text("hello".into())).await.unwrap(); //~ panicking_io
}

fn boxed(mut socket: WebSocket) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        while let Some(Ok(message)) = socket.recv().await {
            socket.send(message).await.unwrap(); //~ panicking_io
        }
    })
}

async fn under_a_condition(mut socket: WebSocket) {
    #[cfg(unix)]
    {
        let _ = std::fs::remove_file("socket"); //~ blocking_call
    }
    while let Some(Ok(_)) = socket.recv().await {}
}

async fn detached(socket: WebSocket, events: broadcast::Sender<String>) {
    let (mut sender, mut receiver) = socket.split();
    let mut events = events.subscribe();
    tokio::spawn(async move { //~ detached_task
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => break,
            };
            if sender.send(Message::Text(event.into())).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(_)) = receiver.next().await {}
}
