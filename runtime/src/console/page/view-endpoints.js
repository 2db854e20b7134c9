// All endpoints, with what they count.

import { endpoints as all } from "./document.js";
import { h, keyed, number, say } from "./dom.js";
import { now, of, rates } from "./live.js";

export function endpoints() {
  const tiles = {
    open: tile("open connections"),
    rate: tile("messages per second"),
    refused: tile("refused handshakes"),
    faults: tile("connections ended by a fault"),
  };
  const list = h("ul", { class: "endpoints" });
  const empty = h("p", { class: "empty" }, "No endpoint fits.");
  const rows = keyed(list, row, empty);
  const search = h("input", { type: "search", "aria-label": "Search endpoints", placeholder: "Search by route, handler or description", autocomplete: "off", spellcheck: "false" });
  const sum = (name) => (now?.endpoints ?? []).reduce((total, one) => total + (one[name] ?? 0), 0);

  function update() {
    const words = search.value.toLowerCase();
    rows(
      all.filter(({ route, handler, description }) => `${route} ${handler} ${description}`.toLowerCase().includes(words)),
      ({ route }) => route,
    );
    tiles.open.say(number(sum("open")));
    const rate = [...rates.values()].reduce((total, one) => total + one, 0);
    tiles.rate.say(rate.toFixed(rate > 0 && rate < 10 ? 1 : 0));
    tiles.refused.say(number(now?.refusals.total));
    tiles.faults.say(number(sum("faults")));
  }

  search.addEventListener("input", update);
  return {
    element: h(
      "div",
      { class: "stack" },
      h("h1", {}, "Endpoints"),
      h("section", { class: "tiles", "aria-label": "Counters" }, Object.values(tiles).map(({ element }) => element)),
      h("section", { class: "card", "aria-label": "Endpoints" }, h("div", { class: "filters" }, search), list, empty),
    ),
    title: "Endpoints",
    update,
  };
}

function tile(words) {
  const value = h("strong", {}, "–");
  return { element: h("div", { class: "tile" }, value, h("span", { class: "soft" }, words)), say: (text) => say(value, text) };
}

function row({ id, route, handler, source, summary, guarded, subprotocols, receives, sends }) {
  const counts = ["open", "in", "out", "refused"].map((name) => [name, h("dd", {}, "0")]);
  const types = [...receives.map(({ name }) => `↓ ${name}`), ...sends.map(({ name }) => `↑ ${name}`)];
  const element = h(
    "li",
    {},
    h(
      "a",
      { class: "endpoint", href: `#/endpoints/${encodeURIComponent(id)}` },
      h("span", { class: "route" }, h("code", {}, route), guarded && h("span", { class: "pill" }, "guarded"), subprotocols.map((one) => h("span", { class: "pill" }, one))),
      h("span", { class: "summary" }, summary || h("span", { class: "soft" }, "not documented")),
      h("span", { class: "soft small" }, `${handler} in ${source} · ${types.join("  ")}`),
    ),
    h("dl", { class: "counts" }, counts.map(([name, value]) => h("div", {}, h("dt", {}, name), value))),
  );
  const value = Object.fromEntries(counts);
  return {
    element,
    update() {
      const counted = of(route);
      if (!counted) return;
      say(value.open, number(counted.open));
      say(value.in, number(counted.messages_in));
      say(value.out, number(counted.messages_out));
      say(value.refused, number(counted.refused));
      value.refused.classList.toggle("bad", counted.refused > 0);
      value.open.classList.toggle("good", counted.open > 0);
    },
  };
}
