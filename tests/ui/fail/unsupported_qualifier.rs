use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint("/ws/const")]
const fn constant(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/unsafe")]
async unsafe fn dangerous(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/extern")]
async extern "C" fn foreign(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/variadic")]
async unsafe extern "C" fn variadic(_handshake: Handshake, _more: ...) {
    todo!()
}

fn main() {}
