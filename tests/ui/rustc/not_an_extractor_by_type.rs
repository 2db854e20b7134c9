//! Types that take nothing from the head of a request.

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};

struct CurrentUser;

struct Counter;

/// Documented.
#[ws_endpoint("/ws/user")]
async fn user(_handshake: Handshake, _user: CurrentUser) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/number")]
async fn number(_handshake: Handshake, _id: u64) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/counter")]
async fn counter(_handshake: Handshake, State(_counter): State<Counter>) {
    todo!()
}

fn main() {}
