// Events in words.

import { clock, count, h, keyed } from "./dom.js";
import { store } from "./store.js";

/** @import { Timed } from "./endpoints.js" */

/**
 * A file without its folders: the workflow has all of it.
 *
 * @param {{ file: string }} one
 */
const file = ({ file: name }) => name.split("/").at(-1);

/** @param {Timed} event */
const workflowOf = (event) => (event.type === "workflow_created" ? event.workflow.id : event.workflow_id);

/**
 * Kind, title, and text of an event.
 *
 * @param {Timed} event
 * @returns {[string, string, string]}
 */
export function describe(event) {
  const name = `Workflow ${workflowOf(event)}`;
  switch (event.type) {
    case "workflow_created":
      return ["", `${name} created`, event.workflow.directory === "." ? "all files" : event.workflow.directory];
    case "workflow_started":
      return ["", `${name} started`, "reading files"];
    case "workflow_completed":
      return ["good", `${name} completed`, found(event.workflow_id)];
    case "workflow_failed":
      return ["bad", `${name} failed`, event.reason];
    case "validation_created":
      return ["warn", count(event.validation.findings.length, "finding"), file(event.validation)];
    case "validation_enhanced":
      return ["warn", `${count(event.findings.length, "finding")} more`, `validation ${event.validation_id}`];
    case "validation_approved":
      return ["good", `Validation ${event.validation_id} approved`, name];
    case "validation_rejected":
      return ["bad", `Validation ${event.validation_id} rejected`, name];
    case "recommendation_created":
      return ["", `Recommendation ${event.recommendation.id}`, `${file(event.recommendation)}:${event.recommendation.line}`];
    case "recommendation_approved":
      return ["good", `Recommendation ${event.recommendation_id} approved`, name];
    case "recommendation_rejected":
      return ["bad", `Recommendation ${event.recommendation_id} rejected`, name];
    case "recommendation_applied":
      return ["good", `Recommendation ${event.recommendation_id} applied`, name];
    default:
      return ["", event.type, name];
  }
}

/** @param {number} id */
function found(id) {
  const { findings = 0, flagged = 0 } = store.workflows.get(id) ?? {};
  return findings ? `${count(findings, "finding")} in ${count(flagged, "file")}` : "nothing to correct";
}

/** @param {Timed} event */
export const linkOf = (event) => `#/workflows/${workflowOf(event)}`;

const keys = new WeakMap();
let last = 0;
const keyOf = (event) => keys.get(event) ?? keys.set(event, ++last).get(event);

/** The activity feed, the newest first. */
export function activity() {
  const list = h("ol", { class: "feed" });
  const empty = h("p", { class: "empty" }, "Nothing has happened yet. Start a validation, here or with curl.");
  const show = keyed(
    list,
    (event) => {
      const [kind, title, text] = describe(event);
      const time = h("time", { datetime: new Date(event.at).toISOString() }, clock(event.at));
      const words = h("span", { class: "feed-text" }, h("strong", {}, title), " ", h("span", { class: "soft" }, text));
      return { element: h("li", { class: kind }, h("a", { href: linkOf(event) }, h("i", { class: "mark", "aria-hidden": "true" }), words, time)) };
    },
    empty,
  );
  return { element: h("div", { class: "feed-box", tabindex: "0", role: "region", "aria-label": "Activity" }, list, empty), update: () => show(store.events, keyOf) };
}
