//! What `curl` and the page ask for over HTTP.

mod batch;
mod decisions;
mod health;
mod workflows;

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

pub(crate) use self::decisions::Desk;
use crate::{batch::Batches, components::Component, feed::Feed};

/// What the routes share.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) feed: Feed,
    pub(crate) batches: Batches,
    pub(crate) desk: Desk,
    pub(crate) components: Vec<Component>,
}

pub(crate) fn routes(api: Api) -> Router {
    Router::new()
        .route("/api/validate/batch", post(batch::start))
        .route("/api/workflows", get(workflows::list))
        .route("/api/workflows/{id}", get(workflows::one))
        .route("/api/validations/{id}/{decision}", post(decisions::validation))
        .route("/api/recommendations/{id}/{decision}", post(decisions::recommendation))
        .route("/health", get(health::health))
        .with_state(api)
}

/// An answer that is none, with what to do about it.
#[derive(Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    error: String,
    help: &'static str,
}

impl Refused {
    fn new(status: StatusCode, error: impl Into<String>, help: &'static str) -> Self {
        Self { status, error: error.into(), help }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.error, "help": self.help }))).into_response()
    }
}
