use axum::http::Method;
use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[rustfmt::skip]
#[ws_endpoint("/ws")]
async fn seventeen(
    _handshake: Handshake,
    _1: Method, _2: Method, _3: Method, _4: Method, _5: Method, _6: Method, _7: Method, _8: Method, _9: Method,
    _10: Method, _11: Method, _12: Method, _13: Method, _14: Method, _15: Method, _16: Method, _17: Method,
) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/{room}")]
async fn number(_handshake: Handshake, room: u64, _fast: bool) {
    todo!("{room}")
}

#[derive(Clone)]
struct App;

/// Documented.
#[ws_endpoint("/ws/app")]
async fn app(_handshake: Handshake, _app: Option<App>) {
    todo!()
}

fn main() {}
