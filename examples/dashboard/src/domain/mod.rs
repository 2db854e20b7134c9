//! What the dashboard is about: batches of files, what was found in them, and what is proposed.

mod event;
mod state;
mod types;

pub(crate) use event::{Event, Position, Recorded};
pub(crate) use state::State;
pub(crate) use types::{
    Decision, Finding, Fix, Recommendation, RecommendationStatus, STEPS, Status, Validation, Workflow,
};
