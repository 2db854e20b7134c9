//! A person approves or rejects what was found and what is proposed.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};

use super::{Api, Refused};
use crate::{
    documents::Documents,
    domain::{Decision, Event, Recommendation, RecommendationStatus, Recorded, State as Known},
};

/// May files be written?
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) documents: Documents,
    pub(crate) may_write: bool,
}

type Decided = Result<Json<Option<Recorded>>, Refused>;

/// `POST /api/validations/{id}/approve` or `/reject`. The same decision again changes nothing, and is no error.
pub(super) async fn validation(State(api): State<Api>, Path((id, decision)): Path<(u64, String)>) -> Decided {
    let decide = |known: &Known| {
        let validation = known.validations.get(&id).ok_or_else(|| unknown("validation", id))?;
        let (workflow_id, validation_id) = (validation.workflow_id, id);
        let (status, event) = match decision.as_str() {
            "approve" => (Decision::Approved, Event::ValidationApproved { workflow_id, validation_id }),
            "reject" => (Decision::Rejected, Event::ValidationRejected { workflow_id, validation_id }),
            other => return Err(no_decision(other, "POST to `approve` or `reject`")),
        };
        Ok((validation.status != status).then_some(event))
    };
    api.feed.record_with(decide).map(Json)
}

/// `POST /api/recommendations/{id}/approve`, `/reject`, or `/apply`, which writes the line into the file.
pub(super) async fn recommendation(
    State(api): State<Api>,
    Path((id, decision)): Path<(u64, String)>,
) -> Decided {
    let decide = move || api.feed.record_with(|known| follow(known, &api.desk, id, &decision));
    // It may write a file.
    let decided = tokio::task::spawn_blocking(decide).await;
    decided.map_err(|error| conflict(error.to_string(), "look into the log"))?.map(Json)
}

fn follow(known: &Known, desk: &Desk, id: u64, decision: &str) -> Result<Option<Event>, Refused> {
    use RecommendationStatus::{Applied, Approved, Rejected};

    let one = known.recommendations.get(&id).ok_or_else(|| unknown("recommendation", id))?;
    let (workflow_id, recommendation_id) = (one.workflow_id, id);
    let (status, event) = match decision {
        "approve" => (Approved, Event::RecommendationApproved { workflow_id, recommendation_id }),
        "reject" => (Rejected, Event::RecommendationRejected { workflow_id, recommendation_id }),
        "apply" => (Applied, Event::RecommendationApplied { workflow_id, recommendation_id }),
        other => return Err(no_decision(other, "POST to `approve`, `reject` or `apply`")),
    };
    match status {
        Applied => desk.apply(one)?,
        _ if one.status == Applied => return Err(conflict("it is applied already", "start a new batch")),
        _ => {}
    }
    Ok((one.status != status).then_some(event))
}

impl Desk {
    fn apply(&self, recommendation: &Recommendation) -> Result<(), Refused> {
        match recommendation.status {
            RecommendationStatus::Applied => Ok(()),
            RecommendationStatus::Approved if self.may_write => self
                .documents
                .apply(recommendation)
                .map_err(|error| conflict(error.to_string(), "start a new batch, and approve again")),
            RecommendationStatus::Approved => {
                Err(conflict("the dashboard may not write files", "start it with `--write`"))
            }
            RecommendationStatus::Pending | RecommendationStatus::Rejected => {
                Err(conflict("it is not approved", "approve it first"))
            }
        }
    }
}

fn unknown(kind: &str, id: u64) -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        format!("there is no {kind} {id}"),
        "GET /api/workflows/{id} lists those of a workflow",
    )
}

fn no_decision(word: &str, help: &'static str) -> Refused {
    Refused::new(StatusCode::NOT_FOUND, format!("`{word}` is no decision"), help)
}

fn conflict(error: impl Into<String>, help: &'static str) -> Refused {
    Refused::new(StatusCode::CONFLICT, error, help)
}
