//! Two endpoints with one route, which are there under conditions.

#[cfg(not(windows))]
mod rooms {
    use axum::extract::Path;
    use sockeye::{Handshake, ws_endpoint};

    /// Documented.
    #[ws_endpoint("/ws/rooms/{room}")]
    #[cfg(not(windows))]
    async fn room(_handshake: Handshake, Path(_room): Path<u64>) {
        todo!()
    }
}

mod admin {
    use axum::extract::Path;
    use sockeye::{Handshake, ws_endpoint};

    /// Documented.
    #[ws_endpoint("/ws/rooms/{name}")]
    #[cfg(not(windows))]
    async fn room(_handshake: Handshake, Path(_name): Path<String>) {
        todo!()
    }
}

fn main() {}
