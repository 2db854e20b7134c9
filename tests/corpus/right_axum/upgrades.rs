//! Upgrades in every form, and sockets that are not split.

use std::time::Duration;

use axum::{
    extract::{
        State,
        ws::{self, CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::{interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

const ORIGINS: [&str; 1] = ["https://app.example.com"];

async fn checked(ws: WebSocketUpgrade, headers: HeaderMap) -> Response {
    let origin = headers.get("origin").and_then(|origin| origin.to_str().ok());
    if origin.is_some_and(|origin| !ORIGINS.contains(&origin)) {
        return (StatusCode::FORBIDDEN, "not this page").into_response();
    }
    ws.protocols(["v2", "v1"]).max_message_size(64 * 1024).on_upgrade(question_mark_outside)
}

async fn question_mark_outside(socket: WebSocket) {
    if let Err(error) = question_mark(socket).await {
        tracing::info!(%error);
    }
}

async fn question_mark(mut socket: WebSocket) -> Result<(), axum::Error> {
    while let Some(message) = socket.recv().await {
        match message? {
            Message::Text(text) => socket.send(Message::Text(text)).await?,
            Message::Close(_) => break,
            _ => {}
        }
    }
    Ok(())
}

async fn upgrade_in_variable(ws: WebSocketUpgrade) -> Response {
    let ws = ws.on_failed_upgrade(|error| tracing::warn!(%error));
    let response = ws.on_upgrade(|mut socket| async move { while let Some(Ok(_)) = socket.recv().await {} });
    tracing::debug!(status = %response.status());
    response
}

async fn upgrade_in_arms(ws: WebSocketUpgrade, State(open): State<bool>) -> Response {
    match open {
        true => ws.on_upgrade(transpose),
        false => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn transpose(mut socket: WebSocket) {
    while let Ok(Some(message)) = socket.recv().await.transpose() {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn upgrade_may_fail(
    upgrade: Result<WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else { return "this is a WebSocket".into_response() };
    upgrade.on_upgrade(|socket| async { lenient(socket).await })
}

async fn lenient(mut socket: WebSocket) {
    loop {
        match socket.recv().await {
            Some(Ok(message)) => {
                if let Err(error) = socket.send(message).await {
                    tracing::info!(%error);
                    break;
                }
            }
            Some(Err(error)) => {
                tracing::info!(%error);
                continue;
            }
            None => break,
        }
    }
}

async fn let_else(mut socket: WebSocket) {
    loop {
        let Some(Ok(message)) = socket.recv().await else { return };
        let Message::Binary(bytes) = message else { continue };
        let Ok(()) = socket.send(Message::Binary(bytes)).await else { break };
    }
}

async fn select_feed(mut socket: WebSocket, events: broadcast::Sender<String>) {
    let mut events = events.subscribe();
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    let _ = socket.send(Message::Text(text)).await;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
            event = events.recv() => match event {
                Ok(event) => {
                    if socket.send(event.into()).await.is_err() {
                        break;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => break,
            },
        }
    }
}

async fn select_shutdown(mut socket: WebSocket, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {
                let frame = CloseFrame { code: ws::close_code::AWAY, reason: "restarting".into() };
                let _ = socket.send(Message::Close(Some(frame))).await;
                return;
            }
            message = socket.recv() => {
                let Some(message) = message else { return };
                let Ok(message) = message else { return };
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn with_pings(mut socket: WebSocket) {
    let mut pings = interval(Duration::from_secs(20));
    let mut missed = 0;
    while missed < 3 {
        tokio::select! {
            _ = pings.tick() => {
                missed += 1;
                if socket.send(Message::Ping(Default::default())).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Pong(_))) => missed = 0,
                Some(Ok(Message::Close(_))) | None => return,
                Some(Ok(_)) => {}
                Some(Err(_)) => return,
            },
        }
    }
}

async fn close_at_once(mut socket: WebSocket) {
    let frame = CloseFrame { code: 4001, reason: "log in".into() };
    let _ = socket.send(Message::Close(Some(frame))).await;
}

async fn close_after_reply(mut socket: WebSocket) {
    if let Some(Ok(Message::Text(name))) = socket.recv().await {
        let _ = socket.send(Message::Text(format!("hello {name}").into())).await;
    }
    socket.send(Message::Close(None)).await.ok();
}

async fn first_message_is_token(mut socket: WebSocket) {
    let first = timeout(Duration::from_secs(5), socket.recv()).await;
    let Ok(Some(Ok(Message::Text(token)))) = first else {
        let _ = socket.send(Message::Close(Some(CloseFrame { code: 4000, reason: "no token".into() }))).await;
        return;
    };
    if token.as_str() != "secret" {
        let _ =
            socket.send(Message::Close(Some(CloseFrame { code: 4003, reason: "wrong token".into() }))).await;
        return;
    }
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn flag(mut socket: WebSocket) {
    let mut done = false;
    while !done {
        match socket.recv().await {
            Some(Ok(Message::Close(_))) | None => done = true,
            Some(Ok(message)) => done = socket.send(message).await.is_err(),
            Some(Err(_)) => done = true,
        }
    }
}

async fn batches(mut socket: WebSocket) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    'connection: loop {
        let mut lines = Vec::new();
        while lines.len() < 4 {
            match timeout(Duration::from_millis(50), socket.recv()).await {
                Ok(Some(message)) => lines.push(message?.into_text()?),
                Ok(None) => break 'connection,
                Err(_) => break,
            }
        }
        for line in lines.drain(..) {
            socket.send(Message::Text(line)).await?;
        }
    }
    Ok(())
}

async fn in_struct(socket: WebSocket) {
    struct Client {
        socket: WebSocket,
        count: usize,
    }
    impl Client {
        async fn next(&mut self) -> Option<Message> {
            self.count += 1;
            self.socket.recv().await?.ok()
        }
    }
    let mut client = Client { socket, count: 0 };
    while let Some(message) = client.next().await {
        if client.socket.send(message).await.is_err() {
            break;
        }
    }
}

async fn next_text(socket: &mut WebSocket) -> Option<String> {
    loop {
        match socket.recv().await? {
            Ok(Message::Text(text)) => return Some(text.to_string()),
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

async fn with_helper(mut socket: WebSocket) {
    while let Some(text) = next_text(&mut socket).await {
        if reply(&mut socket, &text).await.is_err() {
            break;
        }
    }
}

async fn reply(socket: &mut WebSocket, text: &str) -> Result<(), axum::Error> {
    socket.send(Message::text(text.to_uppercase())).await
}

async fn watched(mut socket: WebSocket, mut level: watch::Receiver<u8>) {
    loop {
        let text = tokio::select! {
            changed = level.changed() => match changed {
                Ok(()) => level.borrow_and_update().to_string(),
                Err(_) => return,
            },
            message = socket.recv() => match message {
                Some(Ok(message)) => format!("{message:?}"),
                Some(Err(_)) | None => return,
            },
        };
        if socket.send(text.into()).await.is_err() {
            return;
        }
    }
}

async fn on_another_thread(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(name) = message else { continue };
        let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(name.as_str())).await;
        let text = match read {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => error.to_string(),
            Err(_) => return,
        };
        if socket.send(text.into()).await.is_err() {
            return;
        }
    }
}

async fn kept_future(mut socket: WebSocket) {
    loop {
        let receiving = socket.recv();
        let Some(Ok(message)) = receiving.await else { break };
        let sending = socket.send(message);
        sleep(Duration::from_millis(1)).await;
        if sending.await.is_err() {
            break;
        }
    }
}

async fn given_away(socket: WebSocket, lobby: mpsc::Sender<WebSocket>) {
    if let Err(mpsc::error::SendError(mut socket)) = lobby.send(socket).await {
        let _ = socket.send(Message::Close(None)).await;
    }
}

async fn json(mut socket: WebSocket) -> anyhow_like::Result {
    while let Some(message) = socket.recv().await {
        let Message::Text(text) = message? else { continue };
        let value: serde_json::Value = serde_json::from_str(&text)?;
        let reply = serde_json::json!({ "got": value });
        socket.send(Message::Text(reply.to_string().into())).await?;
    }
    Ok(())
}

mod anyhow_like {
    pub(super) type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
}

struct Server {
    events: broadcast::Sender<String>,
}

impl Server {
    async fn upgrade(&self, ws: WebSocketUpgrade) -> Response {
        let events = self.events.clone();
        ws.on_upgrade(move |socket| async move {
            let server = Self { events };
            server.serve(socket).await;
        })
    }

    async fn serve(&self, mut socket: WebSocket) {
        while let Some(Ok(message)) = socket.recv().await {
            let _ = self.events.send(format!("{message:?}"));
        }
    }
}

async fn whole_handler(
    ws: WebSocketUpgrade,
    State(events): State<broadcast::Sender<String>>,
) -> impl IntoResponse {
    ws.on_upgrade(move |mut socket: WebSocket| async move {
        let mut events = events.subscribe();
        loop {
            tokio::select! {
                Some(message) = socket.recv() => {
                    if message.is_err() {
                        return;
                    }
                }
                () = sleep(Duration::from_secs(30)) => {
                    if socket.send(Message::Ping(Default::default())).await.is_err() {
                        return;
                    }
                }
                Ok(event) = events.recv() => {
                    if socket.send(Message::Text(event.into())).await.is_err() {
                        return;
                    }
                }
                else => return,
            }
        }
    })
}

async fn into_response(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(transpose).into_response()
}

async fn with_headers(ws: WebSocketUpgrade) -> impl IntoResponse {
    ([("x-one", "1")], ws.on_upgrade(transpose))
}

async fn early_return(ws: WebSocketUpgrade, headers: HeaderMap) -> Result<Response, StatusCode> {
    if headers.contains_key("x-lenient") {
        return Ok(ws.on_upgrade(lenient));
    }
    let Some(_) = headers.get("x-known") else { return Err(StatusCode::BAD_REQUEST) };
    let mut response = ws.on_upgrade(let_else);
    response.headers_mut().insert("x-two", "2".parse().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?);
    Ok(response)
}

async fn by_function(ws: WebSocketUpgrade) -> Response {
    fn upgrade(ws: WebSocketUpgrade) -> Response {
        ws.on_upgrade(flag)
    }
    upgrade(ws)
}

async fn said_goodbye(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        for _ in 0..2 {
            let _ = socket.send(message.clone()).await;
        }
    }
    for text in ["good", "bye"] {
        let _ = socket.send(Message::text(text)).await;
    }
}

async fn converted(ws: WebSocketUpgrade) -> Response {
    ws.on_upgrade(echo_all).into_response()
}

async fn looked_at(ws: WebSocketUpgrade) -> Response {
    let response = ws.on_upgrade(echo_all);
    tracing::debug!(status = response.status().as_u16(), "upgrade");
    response
}

async fn with_a_header(ws: WebSocketUpgrade) -> Response {
    let mut response = ws.on_upgrade(echo_all).into_response();
    response.headers_mut().insert("x-node", "7".parse().unwrap());
    response
}

async fn in_a_tuple(ws: WebSocketUpgrade) -> impl IntoResponse {
    ([("x-node", "7")], ws.on_upgrade(echo_all).into_response())
}

async fn echo_all(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// The response of a task is returned.
async fn answered_in_a_task(ws: WebSocketUpgrade) -> Response {
    let task = tokio::spawn(async move { ws.protocols(["v1"]).on_upgrade(question_mark_outside) });
    task.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// What is set up is used, whatever its name.
async fn set_up_first(ws: WebSocketUpgrade, State(open): State<bool>) -> Response {
    let _ws = ws.protocols(["v1"]).max_frame_size(1024);
    if !open {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    _ws.on_upgrade(question_mark_outside)
}

/// The task has nothing to do with the response.
async fn task_beside(ws: WebSocketUpgrade, State(events): State<mpsc::Sender<&'static str>>) -> Response {
    tokio::spawn(async move { events.send("asked").await });
    let _protocol = ws.selected_protocol().cloned();
    ws.on_upgrade(question_mark_outside)
}
