use sockeye::{Handshake, ws_endpoint};

// A number and a text that is made at run time are no constant texts.

/// Documented.
#[ws_endpoint]
async fn none(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint(path = "/ws/named")]
async fn named(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint(12345)]
async fn constant(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint(format!("/ws{}", "/joined"))]
async fn joined(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("")]
async fn empty(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("ws/slash")]
async fn slash(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws//room")]
async fn segment(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/:id")]
async fn colon(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/*rest")]
async fn star(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/<id>")]
async fn angle(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/{id:[0-9]+}")]
async fn pattern(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws?token={token}")]
async fn query(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws#top")]
async fn fragment(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("ws://localhost:3000/ws/url")]
async fn url(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/{id}/{id}")]
async fn twice(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/{id")]
async fn brace(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/{}")]
async fn nameless(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/{name}.json")]
async fn suffix(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/ws/{*rest}/end")]
async fn rest(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint("/my room")]
async fn space(_handshake: Handshake) {
    todo!()
}

/// Documented.
#[ws_endpoint(" /ws/trimmed")]
async fn trimmed(_handshake: Handshake) {
    todo!()
}

fn main() {}
