// What the events make of the state: the same as `domain/state.rs`.

/** @import { Decision, Recommendation, RecommendationStatus, Timed, Validation, Workflow } from "./endpoints.js" */

const OVER = ["completed", "failed"];
/** @param {Workflow} workflow */
export const isOver = (workflow) => OVER.includes(workflow.status);

/**
 * Applies an event to a map of workflows.
 *
 * @param {Map<number, Workflow>} workflows
 * @param {Timed} event
 */
export function applyToWorkflows(workflows, event) {
  if (event.type === "workflow_created") {
    workflows.set(event.workflow.id, { ...event.workflow });
    return;
  }
  const workflow = workflows.get(event.workflow_id);
  if (!workflow) return;
  if (event.type === "workflow_started") change(workflow, { status: "running", started_at: event.at });
  if (event.type === "workflow_progress") {
    const { step, task, done, total, percent } = event;
    change(workflow, { step, task, done, total, percent });
  }
  if (event.type === "workflow_completed") {
    change(workflow, { status: "completed", step: workflow.steps, percent: 100, task: null, finished_at: event.at });
  }
  if (event.type === "workflow_failed") change(workflow, { status: "failed", reason: event.reason, task: null, finished_at: event.at });
  if (event.type === "validation_created") {
    workflow.flagged += 1;
    workflow.findings += event.validation.findings.length;
  }
  if (event.type === "validation_enhanced") workflow.findings += event.findings.length;
}

/**
 * @param {Workflow} workflow
 * @param {Partial<Workflow>} fields
 */
const change = (workflow, fields) => Object.assign(workflow, fields);

/**
 * Applies an event to what was found in one workflow.
 *
 * @param {{ validations: Map<number, Validation>, recommendations: Map<number, Recommendation> }} detail
 * @param {Timed} event
 */
export function applyToDetail({ validations, recommendations }, event) {
  if (event.type === "validation_created") validations.set(event.validation.id, structuredClone(event.validation));
  if (event.type === "recommendation_created") recommendations.set(event.recommendation.id, { ...event.recommendation });
  if (event.type === "validation_enhanced") validations.get(event.validation_id)?.findings.push(...event.findings);
  if (event.type === "validation_approved") decide(validations.get(event.validation_id), "approved");
  if (event.type === "validation_rejected") decide(validations.get(event.validation_id), "rejected");
  if (event.type === "recommendation_approved") follow(recommendations.get(event.recommendation_id), "approved");
  if (event.type === "recommendation_rejected") follow(recommendations.get(event.recommendation_id), "rejected");
  if (event.type === "recommendation_applied") follow(recommendations.get(event.recommendation_id), "applied");
}

/**
 * @param {Validation | undefined} validation
 * @param {Decision} status
 */
function decide(validation, status) {
  if (validation) validation.status = status;
}

/**
 * @param {Recommendation | undefined} recommendation
 * @param {RecommendationStatus} status
 */
function follow(recommendation, status) {
  if (recommendation) recommendation.status = status;
}
