// Messages per second and open connections, out of what the server counts for Prometheus.

import { h, say, svg } from "./dom.js";

const EVERY = 2000;
const SAMPLES = 60;
const [WIDTH, HEIGHT] = [480, 96];

const series = { rate: [], connections: [] };
const listeners = new Set();
let before;

export function startPlots() {
  const sample = async () => {
    if (document.visibilityState !== "hidden") await take();
    setTimeout(sample, EVERY);
  };
  sample();
}

async function take() {
  let text;
  try {
    text = await (await fetch("/metrics", { cache: "no-store" })).text();
  } catch {
    before = undefined;
    for (const listener of listeners) listener(true);
    return;
  }
  const now = { at: Date.now(), messages: sum(text, "sockeye_messages_total") };
  // A counter that is smaller than before is that of a new process.
  if (before && now.messages >= before.messages) push(series.rate, ((now.messages - before.messages) * 1000) / (now.at - before.at));
  push(series.connections, sum(text, "sockeye_connections"));
  before = now;
  for (const listener of listeners) listener();
}

function push(list, value) {
  list.push(value);
  if (list.length > SAMPLES) list.shift();
}

function sum(text, name) {
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`));
  return lines.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(" "))), 0);
}

export const plots = () => [plot("rate", "Messages per second", (value) => value.toFixed(value < 10 ? 1 : 0)), plot("connections", "Open connections", String)];

function plot(name, title, write) {
  const value = h("strong", { class: "plot-value" }, "–");
  const most = h("span", { class: "soft plot-most" });
  const [area, line] = [svg("path", { class: "plot-area" }), svg("path", { class: "plot-line" })];
  const grid = [0.5, HEIGHT / 2, HEIGHT - 0.5].map((y) => svg("line", { class: "plot-grid", x1: 0, x2: WIDTH, y1: y, y2: y }));
  const drawing = svg("svg", { viewBox: `0 -4 ${WIDTH + 6} ${HEIGHT + 8}`, role: "img", preserveAspectRatio: "none" }, grid, area, line);
  const element = h("section", { class: `card plot ${name}` }, h("header", {}, h("h2", {}, title), value), drawing, h("footer", {}, h("span", { class: "soft" }, "last 2 minutes"), most));
  const update = (isLost) => {
    const values = series[name];
    const top = Math.max(1, ...values);
    // What was last counted is not what is now.
    say(value, values.length && isLost !== true ? write(values.at(-1)) : "–");
    say(most, values.length ? `peak ${write(Math.max(...values))}` : "");
    const points = values.map((one, index) => [WIDTH - (values.length - 1 - index) * (WIDTH / (SAMPLES - 1)), HEIGHT - (one / top) * HEIGHT]);
    const path = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join(" L ");
    line.setAttribute("d", points.length ? `M ${path}` : "");
    area.setAttribute("d", points.length > 1 ? `M ${points[0][0].toFixed(1)} ${HEIGHT} L ${path} L ${WIDTH} ${HEIGHT} Z` : "");
    drawing.setAttribute("aria-label", `${title}: ${values.length ? write(values.at(-1)) : "not known yet"} now, ${write(top)} at most`);
  };
  update();
  listeners.add(update);
  return { element, leave: () => listeners.delete(update) };
}
