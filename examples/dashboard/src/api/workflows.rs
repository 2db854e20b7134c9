use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Serialize;

use super::{Api, Refused};
use crate::domain::{Position, Recommendation, Recorded, Validation, Workflow};

/// All workflows, the newest first, as of `position`: a socket with `?position=` goes on from there.
#[derive(Debug, Serialize)]
pub(super) struct List {
    position: Position,
    workflows: Vec<Workflow>,
    /// The last events until then.
    latest: Vec<Recorded>,
}

pub(super) async fn list(State(api): State<Api>) -> Json<List> {
    let (position, workflows) =
        api.feed.read(|state, last| (last, state.workflows.values().rev().cloned().collect()));
    let mut latest = api.feed.latest();
    latest.retain(|event| event.position <= position);
    Json(List { position, workflows, latest })
}

/// One workflow with everything that was found.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    position: Position,
    #[serde(flatten)]
    workflow: Workflow,
    validations: Vec<Validation>,
    recommendations: Vec<Recommendation>,
}

pub(super) async fn one(State(api): State<Api>, Path(id): Path<u64>) -> Result<Json<Detail>, Refused> {
    let detail = api.feed.read(|state, position| {
        let workflow = state.workflows.get(&id)?.clone();
        let validations = state.validations.values().filter(|one| one.workflow_id == id).cloned().collect();
        let recommendations =
            state.recommendations.values().filter(|one| one.workflow_id == id).cloned().collect();
        Some(Detail { position, workflow, validations, recommendations })
    });
    let no_such = || {
        Refused::new(
            StatusCode::NOT_FOUND,
            format!("there is no workflow {id}"),
            "GET /api/workflows lists those that there are",
        )
    };
    detail.map(Json).ok_or_else(no_such)
}
