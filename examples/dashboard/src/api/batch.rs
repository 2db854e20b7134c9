use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use serde::Deserialize;

use super::{Api, Refused};
use crate::domain::Workflow;

/// `{"directory":"docs"}`, or no body for all files.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Order {
    directory: String,
}

impl Default for Order {
    fn default() -> Self {
        Self { directory: ".".to_owned() }
    }
}

/// `POST /api/validate/batch`. The body is JSON whatever its content type says, as `curl -d` sends it.
pub(super) async fn start(
    State(api): State<Api>,
    body: Bytes,
) -> Result<(StatusCode, Json<Workflow>), Refused> {
    let order = if body.is_empty() { Order::default() } else { parse(&body)? };
    let started = api.batches.start(&order.directory);
    started.map(|workflow| (StatusCode::ACCEPTED, Json(workflow))).map_err(|reason| {
        Refused::new(StatusCode::UNPROCESSABLE_ENTITY, reason, "name a directory below that of the dashboard")
    })
}

fn parse(body: &[u8]) -> Result<Order, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        Refused::new(
            StatusCode::BAD_REQUEST,
            error.to_string(),
            r#"send {"directory":"docs"}, or no body for all files"#,
        )
    })
}
