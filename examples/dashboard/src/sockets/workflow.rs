use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
};
use sockeye::{Handshake, ws_endpoint};

use super::{Events, Since, follow};
use crate::feed::{Feed, Scope};

/// Streams what happens in one workflow.
#[ws_endpoint("/ws/workflows/{id}", heartbeat_message, max_message_size = "1 KiB")]
async fn workflow(
    handshake: Handshake<Events>,
    Path(id): Path<u64>,
    Query(since): Query<Since>,
    State(feed): State<Feed>,
) -> sockeye::Result {
    let Some(directory) = feed.read(|state, _| state.workflows.get(&id).map(|one| one.directory.clone()))
    else {
        let reason = format!("there is no workflow {id}: `GET /api/workflows` lists those that there are");
        return Err(handshake.reject(StatusCode::NOT_FOUND, reason));
    };
    let begun = feed.subscribe(Scope::Workflow(id), since.position);
    let mut socket = handshake.accept().await?;
    let connected_to = format!("workflow {id}, which checks `{directory}`");
    follow(&mut socket, format!("/ws/workflows/{id}"), connected_to, begun).await
}
