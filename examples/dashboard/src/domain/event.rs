use std::num::ParseIntError;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Finding, Recommendation, Validation, Workflow};

/// Everything that happens. The state is what these make of it, here and on the page.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Event {
    WorkflowCreated {
        workflow: Workflow,
    },
    WorkflowStarted {
        workflow_id: u64,
    },
    WorkflowProgress {
        workflow_id: u64,
        step: usize,
        task: String,
        done: usize,
        total: usize,
        percent: usize,
    },
    WorkflowCompleted {
        workflow_id: u64,
    },
    WorkflowFailed {
        workflow_id: u64,
        reason: String,
    },
    ValidationCreated {
        workflow_id: u64,
        validation: Validation,
    },
    ValidationEnhanced {
        workflow_id: u64,
        validation_id: u64,
        findings: Vec<Finding>,
    },
    ValidationApproved {
        workflow_id: u64,
        validation_id: u64,
    },
    ValidationRejected {
        workflow_id: u64,
        validation_id: u64,
    },
    RecommendationCreated {
        workflow_id: u64,
        recommendation: Recommendation,
    },
    RecommendationApproved {
        workflow_id: u64,
        recommendation_id: u64,
    },
    RecommendationRejected {
        workflow_id: u64,
        recommendation_id: u64,
    },
    RecommendationApplied {
        workflow_id: u64,
        recommendation_id: u64,
    },
}

impl Event {
    /// The workflow that it belongs to.
    pub(crate) fn workflow(&self) -> u64 {
        match self {
            Self::WorkflowCreated { workflow } => workflow.id,
            Self::WorkflowStarted { workflow_id }
            | Self::WorkflowProgress { workflow_id, .. }
            | Self::WorkflowCompleted { workflow_id }
            | Self::WorkflowFailed { workflow_id, .. }
            | Self::ValidationCreated { workflow_id, .. }
            | Self::ValidationEnhanced { workflow_id, .. }
            | Self::ValidationApproved { workflow_id, .. }
            | Self::ValidationRejected { workflow_id, .. }
            | Self::RecommendationCreated { workflow_id, .. }
            | Self::RecommendationApproved { workflow_id, .. }
            | Self::RecommendationRejected { workflow_id, .. }
            | Self::RecommendationApplied { workflow_id, .. } => *workflow_id,
        }
    }
}

/// Where an event is in the order of all events. A text on the wire: `sockeye-client` sends it back as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(rename = "EventPosition")]
pub(crate) struct Position(pub(crate) u64);

impl From<Position> for String {
    fn from(position: Position) -> Self {
        position.0.to_string()
    }
}

impl TryFrom<String> for Position {
    type Error = ParseIntError;

    fn try_from(text: String) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// An event with its place and its time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Recorded {
    pub(crate) position: Position,
    pub(crate) event: Timed,
}

/// `at` is in milliseconds since the beginning of 1970 (UTC).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Timed {
    pub(crate) at: u64,
    #[serde(flatten)]
    pub(crate) event: Event,
}

impl Recorded {
    pub(crate) fn new(position: Position, at: u64, event: Event) -> Self {
        Self { position, event: Timed { at, event } }
    }

    pub(crate) fn workflow(&self) -> u64 {
        self.event.event.workflow()
    }
}
