//! Numbers of the client that are looked at before they divide. A layer compares the origin.
use axum::extract::{
    State,
    ws::{Message, WebSocket},
};
use serde::Deserialize;
use sockeye::{Handshake, Json, ws_endpoint};
use std::{num::NonZeroUsize, sync::Arc};

#[derive(Deserialize)]
struct Page {
    size: usize,
    number: usize,
    width: f64,
    parts: NonZeroUsize,
}
struct Store {
    rows: Vec<String>,
    width: usize,
    total: u64,
}
impl Store {
    fn pages(&self, size: usize) -> Option<usize> {
        if size == 0 {
            return None;
        }
        Some(self.rows.len() / size)
    }
    fn slot(&self, key: usize) -> usize {
        key % self.width
    }
    fn cells(&self, size: usize) -> usize {
        self.rows.len() / size.max(1)
    }
    fn share(&self, people: u64) -> u64 {
        self.total.checked_div(people).unwrap_or(0)
    }
    fn ratio(&self, width: f64) -> f64 {
        1.0 / width
    }
    fn parts(&self, size: usize) -> usize {
        self.rows.len() / size
    }
    fn all(&self, size: usize) -> usize {
        self.rows.chunks(size.clamp(1, 50)).count()
    }
}
/// Pages of a table.
#[ws_endpoint("/panics/pages")]
async fn pages(handshake: Handshake<Json<Page, String>>, State(store): State<Arc<Store>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(page) = socket.recv().await? {
        let Some(pages) = store.pages(page.size) else { continue };
        let slot = store.slot(page.number);
        let cells = store.cells(page.size);
        let share = store.share(page.number as u64);
        let ratio = store.ratio(page.width);
        let parts = store.parts(page.parts.get());
        let all = store.all(page.size);
        if page.size > 0 {
            let again = store.parts(page.size);
            let rows = store.rows.chunks(page.size).count();
            socket.send(format!("{again} {rows}")).await?;
        }
        socket.send(format!("{pages} {slot} {cells} {share} {ratio} {parts} {all}")).await?;
    }
    Ok(())
}
async fn checked(mut socket: WebSocket, store: Arc<Store>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Ok(text) = message.to_text() else { continue };
        let Ok(size @ 1..=100) = text.parse::<usize>() else { continue };
        for rows in store.rows.chunks(size) {
            if socket.send(Message::text(rows.join(","))).await.is_err() {
                return;
            }
        }
        let count = store.rows.len().div_ceil(size);
        tracing::debug!(count);
    }
}
