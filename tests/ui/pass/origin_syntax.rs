//! Origins that browsers send.

use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint(
    "/ws",
    origins = [
        "https://app.example.com",
        "https://other.example.com:443",
        "http://localhost:5173",
        "http://127.0.0.1:8080",
        "http://[::1]:3000",
        "https://xn--bcher-kva.example",
        "tauri://localhost",
        "chrome-extension://abcdefghijklmnop",
    ]
)]
async fn chat(_handshake: Handshake) {
    todo!()
}

fn main() {}
