//! Visibility and raw identifiers are no qualifiers.

use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint("/ws/public")]
pub async fn public(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/ws/crate")]
pub(crate) async fn of_crate(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/ws/raw")]
async fn r#type(_handshake: Handshake) {
    todo!()
}

fn main() {}
