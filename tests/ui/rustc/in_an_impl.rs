//! A function without `self` inside an `impl`, which tokens cannot tell from a free one.

use sockeye::{Handshake, ws_endpoint};

struct Chat;

impl Chat {
    /// Documented.
    #[ws_endpoint("/ws")]
    async fn chat(_handshake: Handshake) {
        todo!()
    }
}

fn main() {
    let _ = Chat;
}
