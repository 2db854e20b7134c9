#![allow(deprecated)]

use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint("/ws/const")]
const fn constant(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/ws/unsafe")]
async unsafe fn dangerous(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/ws/extern")]
async extern "C" fn foreign(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/ws/variadic")]
async unsafe extern "C" fn variadic(_handshake: Handshake, _more: ...) {
    todo!()
}

fn main() {}
