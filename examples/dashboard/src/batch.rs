//! Runs one workflow: every step over every file.

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;
use tracing::Instrument as _;

use crate::{
    documents::Documents,
    domain::{
        Decision, Event, Finding, Recommendation, RecommendationStatus, STEPS, State, Status, Validation,
        Workflow,
    },
    feed::{Feed, now},
    markdown,
};

/// How many workflows run at once; the others are pending.
const AT_ONCE: usize = 2;

#[derive(Clone)]
pub(crate) struct Batches {
    feed: Feed,
    documents: Documents,
    places: Arc<Semaphore>,
    /// A pause after each file, so that a person can watch.
    pace: Duration,
}

impl Batches {
    pub(crate) fn new(feed: Feed, documents: Documents, pace: Duration) -> Self {
        Self { feed, documents, places: Arc::new(Semaphore::new(AT_ONCE)), pace }
    }

    /// Begins a workflow, and returns it as it is now: pending.
    pub(crate) fn start(&self, directory: &str) -> Result<Workflow, String> {
        let directory = self.documents.directory(directory)?;
        let mut created = None;
        let Ok(_) = self.feed.record_with::<std::convert::Infallible>(|state| {
            let workflow = Workflow::new(state.next_workflow(), directory, now());
            created = Some(workflow.clone());
            Ok(Some(Event::WorkflowCreated { workflow }))
        });
        let workflow = created.ok_or("the workflow was not recorded")?;
        self.spawn(workflow.clone());
        Ok(workflow)
    }

    /// Goes on with what was running when the program ended.
    pub(crate) fn resume(&self) {
        let unfinished = |state: &State, _| -> Vec<Workflow> {
            state.workflows.values().filter(|workflow| !workflow.is_over()).cloned().collect()
        };
        for workflow in self.feed.read(unfinished) {
            tracing::info!(workflow = workflow.id, "goes on where it was");
            self.spawn(workflow);
        }
    }

    fn spawn(&self, workflow: Workflow) {
        let span = tracing::info_span!("workflow", id = workflow.id);
        tokio::spawn(self.clone().run(workflow).instrument(span));
    }

    async fn run(self, workflow: Workflow) {
        let workflow_id = workflow.id;
        // The semaphore is never closed.
        let Ok(_place) = self.places.acquire().await else { return };
        if workflow.status == Status::Pending {
            self.feed.record(Event::WorkflowStarted { workflow_id });
        }
        tracing::info!(directory = workflow.directory, "started");
        match self.work(workflow).await {
            Ok(files) => {
                tracing::info!(files, "completed");
                self.feed.record(Event::WorkflowCompleted { workflow_id });
            }
            Err(reason) => {
                tracing::error!(reason, "failed");
                self.feed.record(Event::WorkflowFailed { workflow_id, reason });
            }
        }
    }

    async fn work(&self, workflow: Workflow) -> Result<usize, String> {
        let (documents, directory) = (self.documents.clone(), workflow.directory.clone());
        let files = blocking(move || documents.markdown(&directory)).await??;
        if files.is_empty() {
            return Err(format!("there is no Markdown file in `{}`", workflow.directory));
        }
        for step in workflow.step..STEPS.len() {
            let first = if step == workflow.step { workflow.done } else { 0 };
            self.step(&workflow, step, first, &files).await?;
        }
        Ok(files.len())
    }

    async fn step(
        &self,
        workflow: &Workflow,
        step: usize,
        first: usize,
        files: &[String],
    ) -> Result<(), String> {
        let total = files.len();
        let percent = |done: usize| 100 * (step * total + done) / (STEPS.len() * total);
        for (index, file) in files.iter().enumerate().skip(first) {
            if index == first || percent(index) != percent(index - 1) {
                self.progress(workflow.id, step, index, total, percent(index));
            }
            let (root, name) = (self.documents.root().to_owned(), file.clone());
            let findings = blocking(move || markdown::check(step, &root, &name)).await?;
            tracing::debug!(file, step = STEPS[step], findings = findings.len(), "checked");
            if !findings.is_empty() {
                self.report(workflow.id, file, findings);
            }
            if !self.pace.is_zero() {
                tokio::time::sleep(self.pace).await;
            }
        }
        self.progress(workflow.id, step, total, total, percent(total));
        Ok(())
    }

    fn progress(&self, workflow_id: u64, step: usize, done: usize, total: usize, percent: usize) {
        let task = STEPS[step].to_owned();
        // A step counts when all of its files are done.
        let step = if done == total { step + 1 } else { step };
        let done = if done == total && step < STEPS.len() { 0 } else { done };
        self.feed.record(Event::WorkflowProgress { workflow_id, step, task, done, total, percent });
    }

    /// The findings become a validation, or are added to that of an earlier step; a workflow that goes on reports nothing twice.
    fn report(&self, workflow_id: u64, file: &str, findings: Vec<Finding>) {
        for finding in &findings {
            tracing::warn!(file, line = finding.line, "{}", finding.message);
        }
        let mut told = None;
        let Ok(_) = self.feed.record_with::<std::convert::Infallible>(|state| {
            let event = findings_event(state, workflow_id, file, findings);
            told.clone_from(&event);
            Ok(event.map(|(event, ..)| event))
        });
        let Some((_, validation_id, findings)) = told else { return };
        for finding in findings {
            self.recommend(workflow_id, validation_id, file, finding);
        }
    }

    fn recommend(&self, workflow_id: u64, validation_id: u64, file: &str, finding: Finding) {
        let Some(fix) = finding.fix else { return };
        let Ok(_) = self.feed.record_with::<std::convert::Infallible>(|state| {
            let recommendation = Recommendation {
                id: state.next_recommendation(),
                workflow_id,
                validation_id,
                file: file.to_owned(),
                line: finding.line,
                current: fix.current,
                proposed: fix.proposed,
                status: RecommendationStatus::Pending,
            };
            Ok(Some(Event::RecommendationCreated { workflow_id, recommendation }))
        });
    }
}

type Told = (Event, u64, Vec<Finding>);

fn findings_event(state: &State, workflow_id: u64, file: &str, findings: Vec<Finding>) -> Option<Told> {
    let Some(known) = state.validation_of(workflow_id, file) else {
        let id = state.next_validation();
        let validation = Validation {
            id,
            workflow_id,
            file: file.to_owned(),
            status: Decision::Pending,
            findings: findings.clone(),
        };
        return Some((Event::ValidationCreated { workflow_id, validation }, id, findings));
    };
    let is_new =
        |one: &Finding| !known.findings.iter().any(|old| old.line == one.line && old.message == one.message);
    let findings: Vec<_> = findings.into_iter().filter(is_new).collect();
    let event =
        Event::ValidationEnhanced { workflow_id, validation_id: known.id, findings: findings.clone() };
    (!findings.is_empty()).then_some((event, known.id, findings))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| format!("the check panicked: {error}"))
}
