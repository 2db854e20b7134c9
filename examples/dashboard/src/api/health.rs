use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;

use super::Api;
use crate::components::Told;

#[derive(Debug, Serialize)]
struct Report {
    status: &'static str,
    components: Vec<Told>,
}

/// Asks every component anew: 200 if all are up, otherwise 503.
pub(super) async fn health(State(api): State<Api>) -> impl IntoResponse {
    let mut components = Vec::new();
    for component in &api.components {
        components.push(component.told().await);
    }
    let is_up = components.iter().all(Told::is_up);
    let (code, status) =
        if is_up { (StatusCode::OK, "up") } else { (StatusCode::SERVICE_UNAVAILABLE, "down") };
    (code, [(header::CACHE_CONTROL, "no-store")], Json(Report { status, components }))
}
