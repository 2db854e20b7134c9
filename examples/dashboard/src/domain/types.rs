use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The steps of a workflow.
pub(crate) const STEPS: [&str; 4] = ["read files", "check links", "check headings", "check code fences"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Pending,
    Running,
    Completed,
    Failed,
}

/// One batch: all Markdown files of a directory.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Workflow {
    pub(crate) id: u64,
    /// Relative to the directory that the dashboard was started for; `.` is all of it.
    pub(crate) directory: String,
    pub(crate) status: Status,
    /// How many steps are done, of `steps`.
    pub(crate) step: usize,
    pub(crate) steps: usize,
    /// How many files are done in this step, of `total`.
    pub(crate) done: usize,
    pub(crate) total: usize,
    pub(crate) percent: usize,
    pub(crate) task: Option<String>,
    /// Milliseconds since the beginning of 1970 (UTC).
    pub(crate) created_at: u64,
    pub(crate) started_at: Option<u64>,
    pub(crate) finished_at: Option<u64>,
    /// Why it failed.
    pub(crate) reason: Option<String>,
    /// How many files have findings.
    pub(crate) flagged: usize,
    pub(crate) findings: usize,
}

impl Workflow {
    pub(crate) fn new(id: u64, directory: String, now: u64) -> Self {
        Self {
            id,
            directory,
            status: Status::Pending,
            step: 0,
            steps: STEPS.len(),
            done: 0,
            total: 0,
            percent: 0,
            task: None,
            created_at: now,
            started_at: None,
            finished_at: None,
            reason: None,
            flagged: 0,
            findings: 0,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.status, Status::Completed | Status::Failed)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    Pending,
    Approved,
    Rejected,
}

/// What was found in one file, for a person to approve (it is as it should be) or reject (it has to be corrected).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Validation {
    pub(crate) id: u64,
    pub(crate) workflow_id: u64,
    pub(crate) file: String,
    pub(crate) status: Decision,
    pub(crate) findings: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Finding {
    pub(crate) check: String,
    pub(crate) line: usize,
    pub(crate) message: String,
    /// The line as it should be, where the check knows. It becomes a recommendation.
    #[serde(skip)]
    pub(crate) fix: Option<Fix>,
}

/// A line, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fix {
    pub(crate) current: String,
    pub(crate) proposed: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RecommendationStatus {
    Pending,
    Approved,
    Rejected,
    Applied,
}

/// A line that should be written differently.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Recommendation {
    pub(crate) id: u64,
    pub(crate) workflow_id: u64,
    pub(crate) validation_id: u64,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) current: String,
    pub(crate) proposed: String,
    pub(crate) status: RecommendationStatus,
}
