//! The first parameter is of a type that tokens cannot judge.
#![allow(deprecated)]

use sockeye::ws_endpoint;

struct CurrentUser;

#[ws_endpoint("/ws")]
async fn chat(user: CurrentUser) -> sockeye::Result {
    let _ = user;
    todo!()
}

fn main() {}
