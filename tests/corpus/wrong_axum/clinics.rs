//! One mistake each, in a clinic. A layer compares the origin.
use std::{collections::{HashMap, HashSet}, sync::{Arc, atomic::{AtomicU32, Ordering}}};
use axum::extract::{Path, Query, State, ws::{Message, WebSocket, WebSocketUpgrade}};
use axum::response::IntoResponse;
use dashmap::DashMap;
use futures_util::{SinkExt, StreamExt, stream::{SplitSink, SplitStream}};
use serde::Deserialize;
use sockeye::{Handshake, Json, Receiver, Sender, Socket, ws_endpoint};
use tokio::sync::{Mutex, RwLock, broadcast, mpsc, watch};

#[derive(Clone)]
struct Clinic { beds: Arc<DashMap<u32, String>>, waiting: Arc<AtomicU32>, charts: Arc<RwLock<HashMap<u32, String>>>, pagers: Arc<Mutex<HashMap<u32, mpsc::Sender<String>>>>, alarms: broadcast::Sender<String> }

/// Cleanup: dashmap, break value.
async fn w1(ws: WebSocketUpgrade, Path(bed): Path<u32>, State(clinic): State<Clinic>) -> impl IntoResponse {
    ws.on_upgrade(move |mut socket| async move {
        clinic.beds.insert(bed, "taken".into());
        while let Some(message) = socket.recv().await {
            let Ok(message) = message else { return }; //~ skipped_cleanup
            if let Message::Close(_) = message { break }
            let _ = socket.send(message).await;
        }
        clinic.beds.remove(&bed);
    })
}
/// Cleanup: count before the upgrade.
async fn w2(ws: WebSocketUpgrade, State(clinic): State<Clinic>) -> impl IntoResponse {
    clinic.waiting.fetch_add(1, Ordering::AcqRel); //~ skipped_cleanup
    ws.on_upgrade(move |socket| w2_talk(socket, clinic))
}
async fn w2_talk(mut socket: WebSocket, clinic: Clinic) {
    while let Some(Ok(message)) = socket.recv().await { if socket.send(message).await.is_err() { break } }
    clinic.waiting.fetch_sub(1, Ordering::AcqRel);
}
/// Cleanup in a select.
/// Doc.
#[ws_endpoint("/w3/{bed}")]
async fn w3(handshake: Handshake, Path(bed): Path<u32>, State(clinic): State<Clinic>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = mpsc::channel(8);
    clinic.pagers.lock().await.insert(bed, tx);
    loop {
        tokio::select! {
            Some(page) = rx.recv() => socket.send(page).await?, //~ skipped_cleanup
            message = socket.recv() => match message? { Some(_) => {}, None => break },
        }
    }
    clinic.pagers.lock().await.remove(&bed);
    Ok(())
}
/// Lock: dashmap ref.
async fn w4(mut socket: WebSocket, clinic: Clinic) {
    while let Some(Ok(_)) = socket.recv().await {
        if let Some(bed) = clinic.beds.get(&3) { //~ lock_across_io
            if socket.send(Message::text(bed.value().clone())).await.is_err() { break }
        }
    }
}
/// Lock: while in timeout and helper.
/// Doc.
#[ws_endpoint("/w5")]
async fn w5(handshake: Handshake, State(clinic): State<Clinic>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(_message) = receiver.recv().await? {
        let charts = clinic.charts.read().await; //~ lock_across_io
        for chart in charts.values() { sender.send(chart.clone()).await?; }
    }
    Ok(())
}
/// Login: first message in json struct by helper parse.
#[derive(Deserialize)]
struct Badge { nurse: String, password: String }
/// Doc.
#[ws_endpoint("/w6")]
async fn w6(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let Some(first) = receiver.recv().await? else { return Ok(()) }; //~ login_deadline
    let Some(badge) = first.as_text().and_then(|text| serde_json::from_str::<Badge>(text).ok()) else { return Ok(()) };
    if badge.password != "open" { return Ok(()); }
    while let Some(message) = receiver.recv().await? { sender.send(message).await?; }
    Ok(())
}
/// Login by helper taking stream.
async fn expect_badge(stream: &mut SplitStream<WebSocket>) -> Option<Badge> {
    match stream.next().await { Some(Ok(Message::Text(text))) => serde_json::from_str(&text).ok(), _ => None }
}
async fn w7(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let Some(badge) = expect_badge(&mut stream).await else { return }; //~ login_deadline
    if badge.password.is_empty() { return }
    while let Some(Ok(message)) = stream.next().await { if sink.send(message).await.is_err() { break } }
}
/// Unbounded: passed to helper by tuple.
fn outbox() -> (mpsc::UnboundedSender<Message>, mpsc::UnboundedReceiver<Message>) { mpsc::unbounded_channel() }
fn register(_: mpsc::UnboundedSender<Message>) {}
async fn w8(mut socket: WebSocket) {
    let (tx, mut rx) = outbox(); //~ unbounded_queue
    register(tx);
    loop {
        tokio::select! {
            Some(message) = rx.recv() => if socket.send(message).await.is_err() { break },
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
        }
    }
}
/// Unbounded: flume / async_channel.
async fn w9(socket: WebSocket, clinic: Clinic) {
    let (tx, rx) = flume::unbounded::<String>(); //~ unbounded_queue
    let (mut sink, mut stream) = socket.split();
    let mut alarms = clinic.alarms.subscribe();
    let reader = async move { while let Some(Ok(Message::Text(text))) = stream.next().await { let _ = tx.send(text.to_string()); } }; //~ kind_ends_loop
    let writer = async move { while let Ok(text) = rx.recv_async().await { if sink.send(Message::text(text)).await.is_err() { break } } };
    tokio::select! { () = reader => {}, () = writer => {}, _ = alarms.recv() => {} }
}
/// Secrets: cookie header, whole parts.
async fn w10(ws: WebSocketUpgrade, headers: axum::http::HeaderMap, Query(badge): Query<Badge>) -> impl IntoResponse {
    tracing::trace!(nurse = %badge.nurse, pw = %badge.password, "badge"); //~ secret_in_log
    log::debug!("cookies: {:?}", headers.get(axum::http::header::COOKIE)); //~ secret_in_log
    ws.on_upgrade(|mut socket| async move { while let Some(Ok(_)) = socket.recv().await {} })
}
/// Fan out: helper given a guard.
async fn page_all(pagers: &HashMap<u32, mpsc::Sender<String>>, text: &str) {
    for pager in pagers.values() { let _ = pager.send(text.to_owned()).await; } //~ fan_out_in_turn
}
async fn w11(mut socket: WebSocket, clinic: Clinic) {
    while let Some(Ok(message)) = socket.recv().await {
        let pagers = clinic.pagers.lock().await.clone();
        page_all(&pagers, message.to_text().unwrap_or_default()).await;
    }
}
/// Orphan: the handle in a struct that is dropped.
struct Monitor { bed: u32, task: tokio::task::JoinHandle<()> }
async fn w12(socket: WebSocket, clinic: Clinic) {
    let (mut sink, mut stream) = socket.split();
    let mut alarms = clinic.alarms.subscribe();
    let monitor = Monitor { bed: 1, task: tokio::spawn(async move { //~ orphaned_task
        loop {
            match alarms.recv().await {
                Ok(alarm) => if sink.send(Message::text(alarm)).await.is_err() { break },
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    }) };
    while let Some(Ok(_)) = stream.next().await {}
    tracing::debug!(monitor.bed);
}
