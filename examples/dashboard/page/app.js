// The page: which view the address asks for, and what is the same on all of them.

import { startBadge } from "./badge.js";
import { describe, linkOf } from "./feed.js";
import { startPlots } from "./plots.js";
import { startStore, store } from "./store.js";
import { toast } from "./toasts.js";
import { log } from "./view-log.js";
import { overview } from "./view-overview.js";
import { workflow } from "./view-workflow.js";
import { workflows } from "./view-workflows.js";

/** @type {[RegExp, (...found: any[]) => { element: Element, title: string, update(): void, leave?(): void }][]} */
const ROUTES = [
  [/^#?\/?$/, overview],
  [/^#\/workflows$/, workflows],
  [/^#\/workflows\/(\d+)$/, (id) => workflow(Number(id))],
  [/^#\/log$/, log],
];
/** What everyone should hear of, whatever they look at. */
const NEWS = new Set(["workflow_created", "workflow_completed", "workflow_failed", "validation_approved", "validation_rejected", "recommendation_approved", "recommendation_rejected", "recommendation_applied"]);

const main = document.getElementById("main");
let view;

function go(isFirst) {
  const [route, found] = ROUTES.map(([pattern, make]) => /** @type {const} */ ([make, pattern.exec(location.hash)])).find(([, match]) => match) ?? [overview, []];
  view?.leave?.();
  view = route(...found.slice(1));
  main.replaceChildren(view.element);
  document.title = view.title === "Overview" ? "Sockeye dashboard" : `${view.title} · Sockeye dashboard`;
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("nav a"))) {
    const isHere = link.hash === "#/" ? route === overview : location.hash.startsWith(link.hash);
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  view.update();
  if (isFirst !== true) main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

let frame;
store.addEventListener("change", () => {
  frame ??= requestAnimationFrame(() => {
    frame = undefined;
    view.update();
  });
});
store.addEventListener("event", (/** @type {Event & { detail?: import("./endpoints.js").Timed }} */ { detail }) => {
  if (NEWS.has(detail.type)) toast(...describe(detail), linkOf(detail));
});

// Light and dark: as the system has it, unless someone has chosen here.
const root = document.documentElement;
root.dataset.theme = localStorage.getItem("theme") ?? "";
document.getElementById("theme").addEventListener("click", () => {
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});

// The address is that of the view, so it is no place for a fragment.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", go);
go(true);
startBadge();
startPlots();
startStore();
