// What the events make of the state: the same as `domain/state.rs`.

const OVER = ["completed", "failed"];
export const isOver = (workflow) => OVER.includes(workflow.status);

/** Applies an event to a map of workflows. */
export function applyToWorkflows(workflows, event) {
  if (event.type === "workflow_created") workflows.set(event.workflow.id, { ...event.workflow });
  const workflow = workflows.get(event.workflow_id);
  if (!workflow) return;
  if (event.type === "workflow_started") Object.assign(workflow, { status: "running", started_at: event.at });
  if (event.type === "workflow_progress") {
    const { step, task, done, total, percent } = event;
    Object.assign(workflow, { step, task, done, total, percent });
  }
  if (event.type === "workflow_completed") {
    Object.assign(workflow, { status: "completed", step: workflow.steps, percent: 100, task: null, finished_at: event.at });
  }
  if (event.type === "workflow_failed") Object.assign(workflow, { status: "failed", reason: event.reason, task: null, finished_at: event.at });
  if (event.type === "validation_created") {
    workflow.flagged += 1;
    workflow.findings += event.validation.findings.length;
  }
  if (event.type === "validation_enhanced") workflow.findings += event.findings.length;
}

const DECIDED = /^(validation|recommendation)_(approved|rejected|applied)$/;

/** Applies an event to what was found in one workflow. */
export function applyToDetail({ validations, recommendations }, event) {
  if (event.type === "validation_created") validations.set(event.validation.id, structuredClone(event.validation));
  if (event.type === "recommendation_created") recommendations.set(event.recommendation.id, { ...event.recommendation });
  if (event.type === "validation_enhanced") validations.get(event.validation_id)?.findings.push(...event.findings);
  const [, kind, status] = DECIDED.exec(event.type) ?? [];
  const one = kind === "validation" ? validations.get(event.validation_id) : recommendations.get(event.recommendation_id);
  if (kind && one) one.status = status;
}
