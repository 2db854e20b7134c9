use sockeye::{Handshake, ws_endpoint};

const ORIGIN: &str = "https://app.example.com";

/// Documented.
#[ws_endpoint(
    "/ws/forms",
    state,
    origins = "https://app.example.com",
    subprotocols = "v1",
    max_message_size = 65536,
    heartbeat = 30,
    group = admin,
    guarded = true
)]
async fn forms(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/all", origins = "*", heartbeat = false)]
async fn all(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/list", origins(any), subprotocols =, max_message_size)]
async fn list(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/values", origins = [ORIGIN], max_message_size = "64 kib", heartbeat = "30 seconds", group = "")]
async fn values(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/nothing", max_message_size = "0", heartbeat = "0s")]
async fn nothing(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/too_much", max_message_size = "99999999999 GiB", heartbeat = "900h")]
async fn too_much(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/names", subprotocols = ["v2, v1", "my proto", "", "v3", "v3"])]
async fn names(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/twice", guarded, guarded, origins = ["https://a.example", "https://a.example:443"])]
async fn twice(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/allow", allow(rout_syntax, reason = "x"), allow(route_syntax, reason = "x"))]
async fn allow(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/reason", allow(not_async), allow(not_async, reason = ""), allow, allow())]
async fn reason(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/message", heartbeat_message = 30)]
async fn message(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/packed", compression = "gzip")]
async fn packed(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/on", compression = on)]
async fn on(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/silent", heartbeat_message = off)]
async fn silent(_handshake: Handshake) {
    todo!()
}

/// What it allows is not reported: only the reason is missing.
#[ws_endpoint("/ws/allowed", allow(no_receive_loop))]
async fn allowed(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send("hello").await
}

fn main() {
    let _ = ORIGIN;
}
