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

function show() {
  const state = overall();
  const badge = byId("badge");
  badge.className = `badge ${state.name}`;
  say(byId("badge-word"), WORDS[state.name]);
  say(byId("badge-count"), countdown(state));
  const isTrouble = Boolean(state.reason);
  byId("trouble").hidden = !isTrouble;
  if (!isTrouble) return;
  byId("trouble").className = `trouble ${state.name}`;
  say(byId("trouble-reason"), sentence(state.reason));
  say(byId("trouble-remedy"), sentence(state.remedy ?? ""));
}

/** The server writes its reasons as a compiler does: small, and without a stop. */
const sentence = (words) => words && words[0].toUpperCase() + words.slice(1) + (/[.:!?`]$/.test(words) ? "" : ".");

/** @param {{ name: string, at?: number }} state */
function countdown({ name, at }) {
  if (name !== "reconnecting" || !at) return "";
  return `in ${Math.max(0, Math.ceil((at - Date.now()) / 1000))} s`;
}
