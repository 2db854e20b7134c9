//! Numbers of the client that divide, in methods and helpers. A layer compares the origin.
use std::{collections::HashMap, sync::Arc};
use axum::extract::{State, ws::{Message, WebSocket}};
use serde::Deserialize;
use sockeye::{Handshake, Json, ws_endpoint};

#[derive(Deserialize)]
struct Page { size: usize, number: usize, text: String }
struct Store { rows: Vec<String>, width: usize }
impl Store {
    // method divides
    fn pages(&self, size: usize) -> usize { self.rows.len() / size }
    fn slot(&self, key: usize, buckets: usize) -> usize { key % buckets }
    fn cell(&self, page: &Page) -> usize { self.width / page.size }
    fn first(&self, text: &str) -> char { text.chars().next().expect("a letter") }
}
/// Another one.
async fn p1(mut socket: WebSocket, State(store): State<Arc<Store>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(text) = message.to_text() else { continue };
        let Ok(page) = serde_json::from_str::<Page>(text) else { continue };
        let pages = store.pages(page.size); //~ panics_on_input
        if socket.send(Message::text(pages.to_string())).await.is_err() { break }
    }
}
/// Another one.
async fn p2(mut socket: WebSocket, State(store): State<Arc<Store>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(text) = message.to_text() else { continue };
        let Ok(page) = serde_json::from_str::<Page>(text) else { continue };
        let cells = store.cell(&page); //~ panics_on_input
        if socket.send(Message::text(cells.to_string())).await.is_err() { break }
    }
}
/// Another one.
/// Doc.
#[ws_endpoint("/p3")]
async fn p3(handshake: Handshake<Json<Page, String>>, State(store): State<Arc<Store>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(page) = socket.recv().await? {
        let slot = store.slot(page.number, page.size); //~ panics_on_input
        socket.send(slot.to_string()).await?;
    }
    Ok(())
}
/// Closure.
/// Doc.
#[ws_endpoint("/p4")]
async fn p4(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(text) = message.as_text() else { continue };
        let sum: i64 = text.split(',').map(|part| part.parse::<i64>().expect("a number")).sum(); //~ panics_on_input
        socket.send(sum.to_string()).await?;
    }
    Ok(())
}
/// Closure unwrap in for_each.
async fn p5(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await { //~ kind_ends_loop
        let pairs: HashMap<&str, &str> = text.split('&').map(|pair| pair.split_once('=').unwrap()).collect(); //~ panics_on_input
        tracing::debug!(?pairs);
    }
}
/// Rem in handler by a field.
/// Doc.
#[ws_endpoint("/p6")]
async fn p6(handshake: Handshake<Json<Page, String>>, State(store): State<Arc<Store>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(page) = socket.recv().await? {
        let chunk = store.rows.len() % page.size; //~ panics_on_input
        socket.send(chunk.to_string()).await?;
    }
    Ok(())
}
/// &self with the handler in self.
struct Desk { socket: WebSocket, total: u64 }
impl Desk {
    fn share(&self, people: u64) -> u64 { self.total / people }
    async fn run(mut self) {
        while let Some(Ok(message)) = self.socket.recv().await {
            let Ok(text) = message.to_text() else { continue };
            let Ok(people) = text.parse::<u64>() else { continue };
            let share = self.share(people); //~ panics_on_input
            if self.socket.send(Message::text(share.to_string())).await.is_err() { break }
        }
    }
}
/// Nested closure.
async fn p8(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let parse = |word: &str| word.parse::<u32>().unwrap(); //~? panics_on_input
        let all: Vec<u32> = text.split_whitespace().map(parse).collect();
        tracing::debug!(?all);
    }
}
/// Method: expect.
async fn p9(mut socket: WebSocket, State(store): State<Arc<Store>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(text) = message.to_text() else { continue };
        let first = store.first(text); //~ panics_on_input
        tracing::debug!(%first);
    }
}
/// Div_ceil, chunks.
/// Doc.
#[ws_endpoint("/p10")]
async fn p10(handshake: Handshake<Json<Page, String>>, State(store): State<Arc<Store>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(page) = socket.recv().await? {
        let pages = store.rows.len().div_ceil(page.size); //~ panics_on_input
        for rows in store.rows.chunks(page.size) { //~ panics_on_input
            socket.send(rows.join(",")).await?;
        }
        socket.send(pages.to_string()).await?;
    }
    Ok(())
}
