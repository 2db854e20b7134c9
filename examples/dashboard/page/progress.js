// A workflow as it goes on: status, steps, bar.

import { count, h, say } from "./dom.js";

export const STEPS = ["Read files", "Check links", "Check headings", "Check code fences"];

/** @import { Workflow } from "./endpoints.js" */

export function status() {
  const element = h("span", {});
  return {
    element,
    /** @param {Workflow} workflow */
    update(workflow) {
      element.className = `pill ${workflow.status}`;
      say(element, workflow.status);
    },
  };
}

export function bar(label) {
  const filled = h("i", {});
  const element = h("div", { class: "progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": label }, filled);
  return {
    element,
    /** @param {Workflow} workflow */
    update(workflow) {
      element.className = `progress ${workflow.status}`;
      element.setAttribute("aria-valuenow", workflow.percent);
      element.setAttribute("aria-valuetext", `${workflow.percent} %, step ${workflow.step} of ${workflow.steps}`);
      filled.style.width = `${workflow.percent}%`;
    },
  };
}

/**
 * What it does at the moment, in words.
 *
 * @param {Workflow} workflow
 */
export function doing(workflow) {
  if (workflow.status === "pending") return "waits for a place";
  if (workflow.status === "failed") return workflow.reason;
  if (workflow.status === "completed") return workflow.findings ? `${count(workflow.findings, "finding")} in ${workflow.flagged} of ${count(workflow.total, "file")}` : `${count(workflow.total, "file")}, nothing to correct`;
  return workflow.task ? `${workflow.task}, file ${Math.min(workflow.done + 1, workflow.total)} of ${workflow.total}` : "begins";
}

/**
 * A line of a list of workflows.
 *
 * @param {Workflow} workflow
 */
export function row(workflow) {
  const [pill, progress] = [status(), bar(`Progress of workflow ${workflow.id}`)];
  const steps = h("span", { class: "steps-count" });
  const percent = h("span", { class: "percent" });
  const words = h("span", { class: "soft doing" });
  const title = h("span", { class: "row-title" }, h("strong", {}, `Workflow ${workflow.id}`), h("code", {}, workflow.directory === "." ? "all files" : workflow.directory));
  const link = h("a", { class: "row", href: `#/workflows/${workflow.id}` }, title, pill.element, h("span", { class: "row-steps" }, steps, percent), progress.element, words);
  return {
    element: h("li", { "data-workflow": workflow.id }, link),
    /** @param {Workflow} now */
    update(now) {
      pill.update(now);
      progress.update(now);
      say(steps, `${now.step}/${now.steps}`);
      say(percent, `${now.percent} %`);
      say(words, doing(now));
    },
  };
}
