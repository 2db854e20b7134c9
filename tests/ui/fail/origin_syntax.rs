use sockeye::{Handshake, ws_endpoint};

/// Documented.
#[ws_endpoint(
    "/ws",
    origins = [
        "https://right.example.com",
        "wss://app.example.com",
        "ws://localhost:3000",
        "https://app.example.com/",
        "https://app.example.com/chat",
        "app.example.com",
        "null",
        "*",
        "https://app-*.example.com",
        "HTTPS://App.Example.com",
        "https://user@app.example.com",
        "https://app.example.com:port",
        "",
    ]
)]
async fn chat(_handshake: Handshake) {
    todo!()
}

fn main() {}
