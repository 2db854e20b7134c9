//! The first parameter is of a type that tokens cannot judge.

use sockeye::ws_endpoint;

struct CurrentUser;

/// Documented.
#[ws_endpoint("/ws")]
async fn chat(user: CurrentUser) -> sockeye::Result {
    let _ = user;
    todo!()
}

fn main() {}
