// What the server does now, asked for once a second while someone looks.

const EVERY = 1000;

/** A server that takes longer is stuck. */
const LONGEST = 5000;

export const changed = new EventTarget();

/** The last answer; `undefined` until there is one. */
export let now;

/** Whether the last request was answered, and if not, why. */
export let trouble;

/** Messages per second of each route, both directions. */
export const rates = new Map();

export function startLive() {
  const again = async () => {
    if (document.visibilityState !== "hidden") await refresh();
    setTimeout(again, EVERY);
  };
  document.addEventListener("visibilitychange", () => document.visibilityState !== "hidden" && refresh());
  return again();
}

/** Asks now. */
export async function refresh() {
  try {
    const answer = await fetch("live.json", { cache: "no-store", signal: AbortSignal.timeout(LONGEST) });
    if (!answer.ok) throw new Error((await answer.text()) || `status ${answer.status}`);
    take(await answer.json());
    trouble = undefined;
  } catch (error) {
    trouble = troubleOf(error);
  }
  changed.dispatchEvent(new Event("change"));
}

function troubleOf(error) {
  if (error instanceof TypeError) return "The server cannot be reached";
  return error.name === "TimeoutError" ? "The server does not answer" : error.message;
}

function take(next) {
  // Two requests can overtake each other.
  if (next.since === now?.since && next.now < now.now) return;
  for (const endpoint of next.endpoints) {
    const before = now?.endpoints.find(({ route }) => route === endpoint.route);
    const count = (one) => one.messages_in + one.messages_out;
    const isSame = before && next.since === now.since && next.now > now.now;
    rates.set(endpoint.route, isSame ? ((count(endpoint) - count(before)) * 1000) / (next.now - now.now) : 0);
  }
  now = next;
}

export const of = (route) => now?.endpoints.find((one) => one.route === route);

/** The server's time, as far as is known. */
export const serverTime = (() => {
  let offset = 0;
  changed.addEventListener("change", () => {
    if (now) offset = now.now - Date.now();
  });
  return () => Date.now() + offset;
})();
