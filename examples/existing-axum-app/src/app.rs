//! The application as it was: a shop's stock, its routes, its state. New is the hub, for `changes.rs`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode},
    routing::{any, get, post},
};
use serde::Serialize;
use sockeye::Hub;
use tower_http::cors::CorsLayer;

use crate::ask;

/// What handlers share, axum's and Sockeye's.
#[derive(Clone, Default)]
pub(crate) struct AppState {
    stock: Arc<Mutex<BTreeMap<String, u32>>>,
    /// A client that is too slow loses the oldest changes, as a hub does it unless told otherwise: each change says how
    /// many pieces there are now, so that the newest is the one that counts.
    hub: Hub<Change>,
}

/// How many pieces there are of an item, since just now.
#[derive(Debug, Serialize)]
pub(crate) struct Change {
    pub(crate) item: String,
    pub(crate) count: u32,
}

impl AppState {
    const CHANGES: &str = "changes";

    pub(crate) fn count(&self, item: &str) -> Option<u32> {
        self.stock().get(item).copied()
    }

    pub(crate) fn set(&self, item: &str, count: u32) {
        let mut stock = self.stock();
        stock.insert(item.to_owned(), count);
        // While it is locked: changes are told in the order in which they were made.
        self.tell(item, count);
    }

    /// Takes one piece out; `None` when there is none.
    fn sell(&self, item: &str) -> Option<u32> {
        let mut stock = self.stock();
        let count = stock.get_mut(item).filter(|count| **count > 0)?;
        *count -= 1;
        self.tell(item, *count);
        Some(*count)
    }

    pub(crate) fn changes(&self) -> sockeye::Topic<Change> {
        self.hub.topic(Self::CHANGES)
    }

    fn tell(&self, item: &str, count: u32) {
        // It fails where a change cannot be written as JSON, and a text and a number always can.
        if let Err(error) = self.changes().publish(&Change { item: item.to_owned(), count }) {
            tracing::error!(%error, "a change was not told");
        }
    }

    fn stock(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The router as axum knows it. Before step 2 it had the routes of `changes.rs` and `desk.rs` as well.
pub(crate) fn routes(state: AppState) -> Router {
    // For `fetch` from the shop's page. A CORS layer does not keep foreign pages from opening WebSockets; endpoints of
    // Sockeye's refuse them by themselves.
    let cors = CorsLayer::new().allow_origin(HeaderValue::from_static("https://shop.example.com"));
    Router::new()
        .route("/", get(async || include_str!("try.txt")))
        .route("/stock", get(list))
        .route("/admin/stock/{item}/sell", post(sell))
        .route("/ws/ask", any(ask::ask))
        .layer(cors)
        .with_state(state)
}

async fn list(State(app): State<AppState>) -> Json<BTreeMap<String, u32>> {
    Json(app.stock().clone())
}

async fn sell(State(app): State<AppState>, Path(item): Path<String>) -> Result<String, (StatusCode, String)> {
    match app.sell(&item) {
        Some(left) => Ok(format!("{left} left\n")),
        None => {
            Err((StatusCode::CONFLICT, format!("no {item} in stock: set its count on /admin/ws/stock\n")))
        }
    }
}
