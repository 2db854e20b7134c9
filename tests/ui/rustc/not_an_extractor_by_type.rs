//! Types that take nothing from the head of a request.

use axum::extract::State;
use sockeye::{Handshake, Hub, ws_endpoint};

struct CurrentUser;

struct Counter;

/// Documented.
#[ws_endpoint("/ws/user")]
async fn user(_handshake: Handshake, _user: Box<CurrentUser>) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/hub")]
async fn hub(_handshake: Handshake, _hub: Hub<String>) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/counter")]
async fn counter(_handshake: Handshake, State(_counter): State<Counter>) {
    todo!()
}

fn main() {}
