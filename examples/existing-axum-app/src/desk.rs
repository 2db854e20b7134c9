//! The second route that was moved: for clerks only.

use axum::{Extension, extract::State};
use serde::Deserialize;
use sockeye::{Handshake, Json, ws_endpoint};

use crate::{
    app::{AppState, Change},
    auth::Clerk,
};

/// How many pieces there are from now on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Count {
    item: String,
    count: u32,
}

/// Lets a clerk set counts, and confirms each.
// `guarded` says that a layer turns strangers away. It is tried at every start, with a handshake that has no token: were this
// path, say, `/ws/admin/stock`, which `require_clerk` does not cover, the report would say `unguarded_endpoint`.
#[ws_endpoint("/admin/ws/stock", guarded)]
async fn desk(
    handshake: Handshake<Json<Count, Change>>,
    State(app): State<AppState>,
    Extension(Clerk(clerk)): Extension<Clerk>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Count { item, count }) = socket.recv().await? {
        app.set(&item, count);
        tracing::info!(clerk = &*clerk, item, count, "count set");
        socket.send(Change { item, count }).await?;
    }
    Ok(())
}
