#![allow(deprecated)]

use sockeye::ws_endpoint;

#[ws_endpoint("/struct")]
struct Chat {
    _room: String,
}

#[ws_endpoint("/impl")]
impl Chat {}

#[ws_endpoint("/const")]
const LIMIT: usize = 3;

#[ws_endpoint("/mod")]
mod chat {}

trait Handles {
    #[ws_endpoint("/declared")]
    async fn declared();
}

fn main() {
    let _ = LIMIT;
    let _: Option<Chat> = None;
}
