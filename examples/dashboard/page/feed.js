// Events in words.

import { clock, count, h, keyed } from "./dom.js";
import { store } from "./store.js";

/** A file without its folders: the workflow has all of it. */
const file = ({ file: name }) => name.split("/").at(-1);
const workflow = (id) => `Workflow ${id}`;

/** Kind, title, and text of an event. */
export function describe(event) {
  const name = workflow(event.workflow_id ?? event.workflow?.id);
  const known = {
    workflow_created: () => ["", `${name} created`, event.workflow.directory === "." ? "all files" : event.workflow.directory],
    workflow_started: () => ["", `${name} started`, "reading files"],
    workflow_completed: () => ["good", `${name} completed`, found(event.workflow_id)],
    workflow_failed: () => ["bad", `${name} failed`, event.reason],
    validation_created: () => ["warn", count(event.validation.findings.length, "finding"), file(event.validation)],
    validation_enhanced: () => ["warn", `${count(event.findings.length, "finding")} more`, `validation ${event.validation_id}`],
    validation_approved: () => ["good", `Validation ${event.validation_id} approved`, name],
    validation_rejected: () => ["bad", `Validation ${event.validation_id} rejected`, name],
    recommendation_created: () => ["", `Recommendation ${event.recommendation.id}`, `${file(event.recommendation)}:${event.recommendation.line}`],
    recommendation_approved: () => ["good", `Recommendation ${event.recommendation_id} approved`, name],
    recommendation_rejected: () => ["bad", `Recommendation ${event.recommendation_id} rejected`, name],
    recommendation_applied: () => ["good", `Recommendation ${event.recommendation_id} applied`, name],
  }[event.type];
  return known?.() ?? ["", event.type, name];
}

function found(id) {
  const { findings = 0, flagged = 0 } = store.workflows.get(id) ?? {};
  return findings ? `${count(findings, "finding")} in ${count(flagged, "file")}` : "nothing to correct";
}

export const linkOf = (event) => `#/workflows/${event.workflow_id ?? event.workflow?.id}`;

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
