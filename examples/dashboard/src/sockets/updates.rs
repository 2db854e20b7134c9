use axum::extract::{Query, State};
use sockeye::{Handshake, ws_endpoint};

use super::{Events, Since, follow};
use crate::feed::{Feed, Scope};

/// Streams what happens in all workflows.
#[ws_endpoint("/ws/validation_updates", heartbeat_message, max_message_size = "1 KiB")]
async fn validation_updates(
    handshake: Handshake<Events>,
    Query(since): Query<Since>,
    State(feed): State<Feed>,
) -> sockeye::Result {
    // Before it accepts: who sees the connection open misses nothing from then on.
    let begun = feed.subscribe(Scope::All, since.position);
    let mut socket = handshake.accept().await?;
    follow(&mut socket, "/ws/validation_updates".to_owned(), "all workflows".to_owned(), begun).await
}
