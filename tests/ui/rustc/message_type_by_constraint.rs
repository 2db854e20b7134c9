//! garde's derive is forgotten on a message that is to be checked.

use axum::http::StatusCode;
use serde::Deserialize;
use sockeye::{Handshake, Json, Valid, ws_endpoint};

#[derive(Deserialize)]
pub struct Order {
    pub amount: u32,
}

/// What has no constraints.
#[ws_endpoint("/ws/orders")]
async fn orders(handshake: Handshake<Json<Valid<Order>, u8>>) -> sockeye::Result {
    Err(handshake.reject(StatusCode::GONE, "no news"))
}

fn main() {}
