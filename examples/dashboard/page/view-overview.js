import { h, keyed, say } from "./dom.js";
import { activity } from "./feed.js";
import { plots } from "./plots.js";
import { row } from "./progress.js";
import { isOver } from "./state.js";
import { store } from "./store.js";
import { startForm } from "./view-workflows.js";

function tile(label) {
  const value = h("strong", {}, "–");
  return { element: h("div", { class: "tile" }, value, h("span", { class: "soft" }, label)), update: (number) => say(value, number) };
}

export function overview() {
  const [running, completed, failed, findings] = ["in progress", "completed", "failed", "findings"].map(tile);
  const list = h("ul", { class: "rows" });
  const empty = h("p", { class: "empty" }, "No workflow yet. Start the first one above.");
  const show = keyed(list, row, empty);
  const drawn = plots();
  const feed = activity();
  const element = h(
    "div",
    { class: "overview" },
    h("h1", {}, "Overview"),
    h("div", { class: "tiles" }, running.element, completed.element, failed.element, findings.element),
    h("div", { class: "plots" }, drawn.map((plot) => plot.element)),
    h("section", { class: "card" }, h("header", {}, h("h2", {}, "Workflows"), h("a", { href: "#/workflows" }, "All workflows")), startForm(), list, empty),
    h("section", { class: "card activity" }, h("header", {}, h("h2", {}, "Activity")), feed.element),
  );
  return {
    element,
    title: "Overview",
    update() {
      const all = [...store.workflows.values()].sort((one, other) => other.id - one.id);
      const having = (status) => all.filter((workflow) => workflow.status === status).length;
      running.update(all.filter((workflow) => !isOver(workflow)).length);
      completed.update(having("completed"));
      failed.update(having("failed"));
      findings.update(all[0] ? all.reduce((sum, workflow) => sum + workflow.findings, 0) : 0);
      show(all.slice(0, 5), (workflow) => workflow.id);
      say(empty, store.status === "error" ? `The workflows could not be read: ${store.error}.` : store.status === "loading" ? "Reading the workflows …" : "No workflow yet. Start the first one above.");
      feed.update();
    },
    leave: () => drawn.forEach((plot) => plot.leave()),
  };
}
