use std::collections::BTreeMap;

use super::{
    Decision, Event, Recommendation, RecommendationStatus, Recorded, STEPS, Status, Validation, Workflow,
};

/// How many workflows are kept. The oldest that are over are forgotten.
const KEPT: usize = 40;

/// What all events together have made.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) workflows: BTreeMap<u64, Workflow>,
    pub(crate) validations: BTreeMap<u64, Validation>,
    pub(crate) recommendations: BTreeMap<u64, Recommendation>,
}

impl State {
    pub(crate) fn apply(&mut self, recorded: &Recorded) {
        let at = recorded.event.at;
        match &recorded.event.event {
            Event::WorkflowCreated { workflow } => {
                self.workflows.insert(workflow.id, workflow.clone());
            }
            Event::WorkflowStarted { workflow_id } => self.change(*workflow_id, |workflow| {
                workflow.status = Status::Running;
                workflow.started_at = Some(at);
            }),
            Event::WorkflowProgress { workflow_id, step, task, done, total, percent } => {
                self.change(*workflow_id, |workflow| {
                    (workflow.step, workflow.done, workflow.total) = (*step, *done, *total);
                    workflow.percent = *percent;
                    workflow.task = Some(task.clone());
                });
            }
            Event::WorkflowCompleted { workflow_id } => self.change(*workflow_id, |workflow| {
                (workflow.status, workflow.step, workflow.percent) = (Status::Completed, STEPS.len(), 100);
                workflow.task = None;
                workflow.finished_at = Some(at);
            }),
            Event::WorkflowFailed { workflow_id, reason } => self.change(*workflow_id, |workflow| {
                workflow.status = Status::Failed;
                workflow.reason = Some(reason.clone());
                workflow.task = None;
                workflow.finished_at = Some(at);
            }),
            Event::ValidationCreated { workflow_id, validation } => {
                self.change(*workflow_id, |workflow| {
                    workflow.flagged += 1;
                    workflow.findings += validation.findings.len();
                });
                self.validations.insert(validation.id, validation.clone());
            }
            Event::ValidationEnhanced { workflow_id, validation_id, findings } => {
                self.change(*workflow_id, |workflow| workflow.findings += findings.len());
                if let Some(validation) = self.validations.get_mut(validation_id) {
                    validation.findings.extend_from_slice(findings);
                }
            }
            Event::ValidationApproved { validation_id, .. } => {
                self.decide(*validation_id, Decision::Approved);
            }
            Event::ValidationRejected { validation_id, .. } => {
                self.decide(*validation_id, Decision::Rejected);
            }
            Event::RecommendationCreated { recommendation, .. } => {
                self.recommendations.insert(recommendation.id, recommendation.clone());
            }
            Event::RecommendationApproved { recommendation_id: id, .. } => {
                self.follow(*id, RecommendationStatus::Approved);
            }
            Event::RecommendationRejected { recommendation_id: id, .. } => {
                self.follow(*id, RecommendationStatus::Rejected);
            }
            Event::RecommendationApplied { recommendation_id: id, .. } => {
                self.follow(*id, RecommendationStatus::Applied);
            }
        }
    }

    fn change(&mut self, workflow: u64, change: impl FnOnce(&mut Workflow)) {
        if let Some(workflow) = self.workflows.get_mut(&workflow) {
            change(workflow);
        }
    }

    fn decide(&mut self, validation: u64, status: Decision) {
        if let Some(validation) = self.validations.get_mut(&validation) {
            validation.status = status;
        }
    }

    fn follow(&mut self, recommendation: u64, status: RecommendationStatus) {
        if let Some(recommendation) = self.recommendations.get_mut(&recommendation) {
            recommendation.status = status;
        }
    }

    /// Forgets the oldest workflow that is over, if there are too many.
    pub(crate) fn forget_one(&mut self) -> Option<u64> {
        let too_many = self.workflows.len() > KEPT;
        let oldest = self.workflows.values().find(|workflow| too_many && workflow.is_over())?.id;
        self.workflows.remove(&oldest);
        self.validations.retain(|_, validation| validation.workflow_id != oldest);
        self.recommendations.retain(|_, recommendation| recommendation.workflow_id != oldest);
        Some(oldest)
    }

    pub(crate) fn validation_of(&self, workflow: u64, file: &str) -> Option<&Validation> {
        self.validations.values().find(|one| one.workflow_id == workflow && one.file == file)
    }

    pub(crate) fn next_workflow(&self) -> u64 {
        next(&self.workflows)
    }

    pub(crate) fn next_validation(&self) -> u64 {
        next(&self.validations)
    }

    pub(crate) fn next_recommendation(&self) -> u64 {
        next(&self.recommendations)
    }
}

fn next<T>(map: &BTreeMap<u64, T>) -> u64 {
    map.last_key_value().map_or(1, |(last, _)| last + 1)
}
