//! actix-ws on actix-web.

use std::io;

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    rt::{self, System},
    web::{self, Data, Payload},
};
use actix_ws::{AggregatedMessage, ProtocolError};
use futures_util::StreamExt as _;
use tokio::{
    select,
    sync::broadcast::{self, Sender},
};

/// What one message may have.
const LARGEST: usize = 2 * 1024 * 1024;

pub(crate) fn run() -> io::Result<()> {
    System::new().block_on(async {
        let all = Data::new(broadcast::channel::<String>(1024).0);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(all.clone())
                .route("/echo", web::get().to(echo))
                .route("/feed", web::get().to(feed))
        });
        let server = server.workers(1).bind("127.0.0.1:0")?;
        crate::say(server.addrs()[0]);
        server.run().await
    })
}

async fn echo(request: HttpRequest, body: Payload) -> actix_web::Result<HttpResponse> {
    let (response, mut session, messages) = actix_ws::handle(&request, body)?;
    let mut messages =
        messages.max_frame_size(LARGEST).aggregate_continuations().max_continuation_size(LARGEST);
    rt::spawn(async move {
        while let Some(Ok(message)) = messages.recv().await {
            let sent = match message {
                AggregatedMessage::Text(text) => session.text(text).await,
                AggregatedMessage::Binary(bytes) => session.binary(bytes).await,
                AggregatedMessage::Ping(bytes) => session.pong(&bytes).await,
                AggregatedMessage::Pong(_) => Ok(()),
                AggregatedMessage::Close(_) => break,
            };
            if sent.is_err() {
                return;
            }
        }
        _ = session.close(None).await;
    });
    Ok(response)
}

async fn feed(
    request: HttpRequest,
    body: Payload,
    all: Data<Sender<String>>,
) -> actix_web::Result<HttpResponse> {
    let (response, mut session, messages) = actix_ws::handle(&request, body)?;
    let mut messages = messages.aggregate_continuations();
    let mut events = all.subscribe();
    rt::spawn(async move {
        loop {
            select! {
                message = messages.next() => match message {
                    Some(Ok::<_, ProtocolError>(AggregatedMessage::Text(text))) => _ = all.send(text.to_string()),
                    Some(Ok(AggregatedMessage::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => {}
                },
                event = events.recv() => match event {
                    Ok(text) => if session.text(text).await.is_err() { return },
                    Err(_) => break,
                },
            }
        }
        _ = session.close(None).await;
    });
    Ok(response)
}
