//! Types with arguments are not generic.

use std::collections::HashMap;

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};

#[derive(Clone)]
struct Pool<const SIZE: usize, T>([Option<T>; SIZE]);

#[derive(Clone)]
struct App<A, B>(A, B);

#[ws_endpoint("/ws", state = App<HashMap<u8, u16>, u8>, guarded)]
async fn chat(_handshake: Handshake, State(pool): State<Pool<4, u8>>) {
    let _ = pool.0;
    todo!()
}

fn main() {
    let _ = App(1, 2).0;
    let _ = App(1, 2).1;
}
