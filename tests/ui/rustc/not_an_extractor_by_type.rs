//! Types that take nothing from the head of a request.

use axum::extract::{Path, Query, State};
use sockeye::{Handshake, ws_endpoint};

struct CurrentUser;

struct Counter;

/// Documented.
#[ws_endpoint("/ws/user")]
async fn user(_handshake: Handshake, _user: Box<CurrentUser>) {
    todo!()
}

struct Since(u64);

/// With a trait of its own, only its type shows what it is.
impl AsRef<u64> for Since {
    fn as_ref(&self) -> &u64 {
        &self.0
    }
}

/// Documented.
#[ws_endpoint("/ws/query")]
async fn query(_handshake: Handshake, Query(_since): Query<Since>) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/{since}")]
async fn path(_handshake: Handshake, Path(_since): Path<Since>) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/counter")]
async fn counter(_handshake: Handshake, State(_counter): State<Counter>) {
    todo!()
}

fn main() {}
