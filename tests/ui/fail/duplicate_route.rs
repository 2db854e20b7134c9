//! Two endpoints of one crate with one route, whatever its parameters are called.

mod rooms {
    use axum::extract::Path;
    use sockeye::{Handshake, ws_endpoint};

    /// Documented.
    #[ws_endpoint("/ws/rooms/{room}")]
    async fn room(_handshake: Handshake, Path(_room): Path<u64>) {
        todo!()
    }
}

mod admin {
    use axum::extract::Path;
    use sockeye::{Handshake, ws_endpoint};

    /// Documented.
    #[ws_endpoint("/ws/rooms/{name}")]
    async fn room(_handshake: Handshake, Path(_name): Path<String>) {
        todo!()
    }
}

fn main() {}
