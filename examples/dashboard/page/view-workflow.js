// One workflow, with a socket of its own while it is looked at.

import { follow } from "./connections.js";
import { clock, count, h, keyed, lasted, say } from "./dom.js";
import { workflow as workflowSocket } from "./endpoints.js";
import { STEPS, bar, doing, status } from "./progress.js";
import { applyToDetail, applyToWorkflows, isOver } from "./state.js";
import { post } from "./store.js";
import { toast } from "./toasts.js";

/** @import { Finding, Recommendation, Timed, Validation, Workflow } from "./endpoints.js" */

async function decide(kind, id, decision) {
  try {
    await post(`/api/${kind}s/${id}/${decision}`);
  } catch (error) {
    toast("bad", `Cannot ${decision} ${kind} ${id}`, error.message);
  }
}

/** Buttons for a decision; the one that was taken is pressed. */
function decisions(kind, id, words) {
  const buttons = Object.entries(words).map(([decision, done]) => [
    h("button", { type: "button", class: `decide ${decision}`, "aria-label": `${decision} ${kind} ${id}`, onclick: () => decide(kind, id, decision) }, decision[0].toUpperCase() + decision.slice(1)),
    done,
  ]);
  return {
    element: h("div", { class: "decisions" }, buttons.map(([button]) => button)),
    update(status) {
      for (const [button, done] of buttons) {
        button.setAttribute("aria-pressed", String(status === done));
        button.hidden = done === "applied" && !["approved", "applied"].includes(status);
        button.disabled = status === "applied" && done !== "applied";
      }
    },
  };
}

/** @param {Recommendation} one */
function recommendation(one) {
  const choice = decisions("recommendation", one.id, { approve: "approved", reject: "rejected", apply: "applied" });
  const change = h("pre", { class: "change", tabindex: "0", "aria-label": `Change of line ${one.line}` }, h("del", {}, one.current), "\n", h("ins", {}, one.proposed));
  return { element: h("li", { class: "recommendation" }, change, choice.element), update: (/** @type {Recommendation} */ now) => choice.update(now.status) };
}

/** @param {{ recommendations: Map<number, Recommendation> }} detail */
function validation(detail) {
  return (/** @type {Validation} */ one) => {
    const choice = decisions("validation", one.id, { approve: "approved", reject: "rejected" });
    const pill = h("span", {});
    const findings = h("ul", { class: "findings" });
    const advice = h("ul", { class: "advice" });
    const showFindings = keyed(findings, (/** @type {Finding} */ finding) => ({
      element: h("li", {}, h("code", { class: "line" }, `${finding.line}`), h("span", {}, finding.message), h("span", { class: "soft check" }, finding.check)),
    }));
    const showAdvice = keyed(advice, recommendation);
    const head = h("header", {}, h("h3", {}, one.file), pill, choice.element);
    return {
      element: h("li", { class: "validation", "data-validation": one.id }, head, findings, advice),
      /** @param {Validation} now */
      update(now) {
        pill.className = `pill ${now.status}`;
        say(pill, now.status);
        choice.update(now.status);
        showFindings(now.findings, (finding) => `${finding.line} ${finding.message}`);
        const mine = [...detail.recommendations.values()].filter(({ validation_id }) => validation_id === one.id);
        advice.hidden = mine.length === 0;
        showAdvice(mine, ({ id }) => id);
      },
    };
  };
}

function steps() {
  const items = STEPS.map((name) => h("li", {}, h("i", { "aria-hidden": "true" }), h("span", {}, name), h("span", { class: "sr" })));
  return {
    element: h("ol", { class: "steps", "aria-label": "Steps" }, items),
    /** @param {Workflow} workflow */
    update(workflow) {
      items.forEach((item, index) => {
        const isNow = workflow.status === "running" && index === workflow.step;
        item.className = index < workflow.step ? "done" : isNow ? "now" : workflow.status === "failed" && index === workflow.step ? "failed" : "";
        say(item.lastElementChild, index < workflow.step ? ", done" : isNow ? ", running" : ", not begun");
      });
    },
  };
}

/** @param {number} id */
export function workflow(id) {
  const detail = {
    /** @type {Map<number, Workflow>} */
    workflows: new Map(),
    /** @type {Map<number, Validation>} */
    validations: new Map(),
    /** @type {Map<number, Recommendation>} */
    recommendations: new Map(),
  };
  const title = h("h1", {}, `Workflow ${id}`);
  const message = h("p", { class: "empty" }, "Reading the workflow …");
  const body = h("div", { class: "detail", hidden: true });
  const element = h("div", { class: "single" }, h("p", { class: "crumbs" }, h("a", { href: "#/workflows" }, "Workflows"), " / ", String(id)), title, message, body);
  const [pill, progress, line] = [status(), bar(`Progress of workflow ${id}`), steps()];
  const [counter, percent, words, facts] = [h("strong", { class: "counter" }), h("strong", { class: "percent" }), h("span", { class: "soft" }), h("dl", { class: "facts" })];
  const list = h("ul", { class: "validations" });
  const empty = h("p", { class: "empty" });
  const show = keyed(list, validation(detail), empty);
  body.append(
    h("section", { class: "card hero", "aria-label": "Progress" }, h("div", { class: "hero-line" }, pill.element, counter, words, percent), progress.element, line.element, facts),
    h("section", { class: "card" }, h("header", {}, h("h2", {}, "Findings")), list, empty),
  );
  let socket;
  let isLeft = false;
  let frame;

  /** Once a frame, however many events come. */
  function updateSoon() {
    frame ??= requestAnimationFrame(() => {
      frame = undefined;
      update();
    });
  }

  function update() {
    const now = detail.workflows.get(id);
    if (!now) return;
    pill.update(now);
    progress.update(now);
    line.update(now);
    say(counter, `${now.step}/${now.steps}`);
    say(percent, `${now.percent} %`);
    say(words, doing(now));
    showFacts(facts, now);
    show([...detail.validations.values()], (one) => one.id);
    say(empty, isOver(now) ? "Nothing to correct." : "Nothing found so far.");
  }

  async function read() {
    const response = await fetch(`/api/workflows/${id}`, { cache: "no-store" }).catch(() => undefined);
    if (isLeft) return;
    if (!response?.ok) {
      const why = response?.status === 404 ? `There is no workflow ${id}. It may have been forgotten: the dashboard keeps the last 40.` : "The workflow could not be read. The page tries again.";
      message.hidden = false;
      say(message, why);
      if (response?.status !== 404) setTimeout(read, 2000);
      return;
    }
    const { validations, recommendations, position, ...one } = await response.json();
    detail.workflows.set(id, one);
    detail.validations = byId(validations);
    detail.recommendations = byId(recommendations);
    message.hidden = true;
    body.hidden = false;
    update();
    socket ??= follow((options) => workflowSocket({ id }, options), {
      position,
      onmessage: (event) => event.type !== "connection_established" && received(event),
      ongap: read,
    });
  }

  /** @param {Timed} event */
  function received(event) {
    applyToWorkflows(detail.workflows, event);
    applyToDetail(detail, event);
    updateSoon();
  }

  read();
  return {
    element,
    title: `Workflow ${id}`,
    update: () => {},
    leave() {
      isLeft = true;
      cancelAnimationFrame(frame);
      socket?.close();
    },
  };
}

const byId = (list) => new Map(list.map((one) => [one.id, one]));

/**
 * @param {HTMLElement} facts
 * @param {Workflow} now
 */
function showFacts(facts, now) {
  const told = [
    ["Directory", now.directory === "." ? "all files" : now.directory],
    ["Created", clock(now.created_at)],
    ["Took", now.started_at && now.finished_at ? lasted(now.started_at, now.finished_at) : "–"],
    ["Found", `${count(now.findings, "finding")} in ${count(now.flagged, "file")}`],
  ];
  const text = JSON.stringify(told);
  if (facts.dataset.told === text) return;
  facts.dataset.told = text;
  facts.replaceChildren(...told.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}
