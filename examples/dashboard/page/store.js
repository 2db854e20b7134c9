// All workflows and the last events, kept up to date. The list is read once; the socket goes on from its position, also after a reconnect.

import { follow } from "./connections.js";
import { validationUpdates } from "./endpoints.js";
import { applyToWorkflows } from "./state.js";

/** @import { Timed, Workflow } from "./endpoints.js" */

const KEPT = 80;

export const store = Object.assign(new EventTarget(), {
  /** @type {Map<number, Workflow>} */
  workflows: new Map(),
  /** @type {Timed[]} */
  events: [],
  status: "loading",
  error: undefined,
});

const told = (name, detail) => store.dispatchEvent(Object.assign(new Event(name), { detail }));
let position;
let isReading = false;
/** What comes while the list is read. */
let waiting = [];

export async function startStore() {
  if (!(await read())) return setTimeout(startStore, 2000);
  follow((options) => validationUpdates(options), {
    position: String(position),
    onmessage: (event, socket) => event.type !== "connection_established" && received(Number(socket.position), event),
    ongap: read,
    // A server that was started without its journal has other workflows, and no event says so.
    onlive: () => store.status === "ready" || read(),
  });
}

async function read() {
  isReading = true;
  try {
    const response = await fetch("/api/workflows", { cache: "no-store" });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const list = await response.json();
    position = Number(list.position);
    store.workflows = new Map(list.workflows.map((workflow) => [workflow.id, workflow]));
    store.events = list.latest.map(({ event }) => event).filter(isNews).reverse();
    Object.assign(store, { status: "ready", error: undefined });
  } catch (error) {
    Object.assign(store, { status: store.workflows.size ? "ready" : "error", error: error.message });
  }
  isReading = false;
  for (const [at, event] of waiting.splice(0)) if (at > position) take(at, event);
  told("change");
  return store.error === undefined;
}

/**
 * @param {number} at
 * @param {Timed} event
 */
function received(at, event) {
  if (isReading) waiting.push([at, event]);
  else take(at, event);
}

/** @param {Timed} event */
const isNews = (event) => event.type !== "workflow_progress";

/**
 * @param {number} at
 * @param {Timed} event
 */
function take(at, event) {
  position = at;
  applyToWorkflows(store.workflows, event);
  if (isNews(event)) store.events = [event, ...store.events].slice(0, KEPT);
  told("event", event);
  told("change");
}

/** Asks the server to do something. What it refuses is thrown in words. */
export async function post(path, body) {
  const response = await fetch(path, { method: "POST", body: body && JSON.stringify(body) }).catch(() => {
    throw new Error("The server cannot be reached.");
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    throw new Error(text || `The server answered ${response.status}.`);
  }
  throw new Error(`${told.error}: ${told.help}`);
}
