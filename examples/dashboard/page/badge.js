// Says on every view whether the page is connected, and if not, why, and what to do.

import { changed, overall, reconnectAll } from "./connections.js";
import { say } from "./dom.js";

const WORDS = { live: "Live", connecting: "Connecting", reconnecting: "Reconnecting", closed: "Disconnected" };
const byId = (id) => document.getElementById(id);

export function startBadge() {
  changed.addEventListener("change", show);
  setInterval(show, 250);
  byId("trouble-again").addEventListener("click", reconnectAll);
  show();
}

/** @type {ReturnType<typeof overall> | undefined} Until the page is live: a try in between would make the page jump, and take the focus from the button. */
let trouble;

function show() {
  const state = overall();
  if (state.reason) trouble = state;
  else if (state.name === "live") trouble = undefined;
  const badge = byId("badge");
  badge.className = `badge ${state.name}`;
  say(byId("badge-word"), WORDS[state.name]);
  say(byId("badge-count"), countdown(state));
  byId("trouble").hidden = !trouble;
  if (!trouble) return;
  byId("trouble").className = `trouble ${trouble.name}`;
  say(byId("trouble-reason"), sentence(trouble.reason));
  say(byId("trouble-remedy"), sentence(trouble.remedy ?? ""));
}

/** The server writes its reasons as a compiler does: small, and without a stop. */
const sentence = (words) => words && words[0].toUpperCase() + words.slice(1) + (/[.:!?`]$/.test(words) ? "" : ".");

/** @param {{ name: string, at?: number }} state */
function countdown({ name, at }) {
  if (name !== "reconnecting" || !at) return "";
  return `in ${Math.max(0, Math.ceil((at - Date.now()) / 1000))} s`;
}
