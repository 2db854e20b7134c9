// The page: which view the address asks for, and what is the same on all of them.

import { isOutdated, startDocument } from "./document.js";
import { h, keep, kept, say } from "./dom.js";
import { changed, now, startLive, trouble } from "./live.js";
import { connections } from "./view-connections.js";
import { endpoint } from "./view-endpoint.js";
import { endpoints } from "./view-endpoints.js";
import { hubs } from "./view-hubs.js";
import { refusals } from "./view-refusals.js";

const ROUTES = [
  [/^#\/endpoints\/(.+)$/, endpoint],
  [/^#\/connections$/, connections],
  [/^#\/refusals$/, refusals],
  [/^#\/hubs$/, hubs],
];

const main = document.getElementById("main");
let view;

function go(isFirst) {
  const [make, found] = ROUTES.map(([pattern, route]) => [route, pattern.exec(location.hash)]).find(([, match]) => match) ?? [endpoints, []];
  view?.leave?.();
  view = make(...found.slice(1));
  main.replaceChildren(view.element);
  document.title = `${view.title} · Sockeye console`;
  for (const link of document.querySelectorAll("nav a")) {
    const isHere = link.hash === "#/" ? make === endpoints || location.hash.startsWith("#/endpoints/") : location.hash === link.hash;
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  view.update();
  if (isFirst !== true) main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

function showState() {
  const name = trouble ? "lost" : now?.status;
  document.getElementById("badge").className = `badge ${name ?? ""}`;
  say(document.getElementById("badge-word"), trouble ? trouble.split("\n")[0] : name === "stopping" ? "Stopping" : "Live");
}

// A server that was built anew may have other endpoints. Whether to load them is for the developer to say: what is on the page would be gone.
const outdated = document.getElementById("outdated");
document.getElementById("reload").addEventListener("click", () => location.reload());
let since;
async function lookForRestart() {
  if (!now || now.since === since) return;
  const isRestart = since !== undefined;
  since = now.since;
  if (isRestart) outdated.hidden = !(await isOutdated().catch(() => false));
}

// Light and dark: as the system has it, unless someone has chosen here.
const root = document.documentElement;
root.dataset.theme = kept("theme") ?? "";
document.getElementById("theme").addEventListener("click", () => {
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  keep("theme", root.dataset.theme);
});

// The address is that of the view, so it is no place for a fragment.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

try {
  await startDocument();
  addEventListener("hashchange", go);
  changed.addEventListener("change", () => {
    showState();
    lookForRestart();
    view?.update();
  });
  go(true);
  startLive();
} catch (error) {
  main.replaceChildren(h("section", { class: "card" }, h("h1", {}, "The console could not be loaded"), h("pre", { class: "block" }, error.message)));
}
