// Every handler that runs, with what its connection has counted.

import { endpoints } from "./document.js";
import { h, keyed, lasted, number, say, size } from "./dom.js";
import { now } from "./live.js";

export function connections() {
  const body = h("tbody", {});
  const empty = h("p", { class: "empty" }, "No connection is open.");
  const rows = keyed(body, row, empty);
  const route = h("select", { "aria-label": "Endpoint" }, h("option", { value: "" }, "All endpoints"), endpoints.map((one) => h("option", { value: one.route }, one.route)));
  const search = h("input", { type: "search", "aria-label": "Search by client", placeholder: "Search by client", autocomplete: "off", spellcheck: "false" });
  const shownOf = h("span", { class: "soft" });
  const head = ["Client", "Endpoint", "State", "Since", "Received", "Sent"];

  function update() {
    const { total, shown } = now?.connections ?? { total: 0, shown: [] };
    const wanted = shown.filter((one) => (!route.value || one.route === route.value) && (one.client ?? "").includes(search.value));
    rows(wanted, ({ id }) => id);
    say(shownOf, total > shown.length ? `the newest ${number(shown.length)} of ${number(total)}` : `${number(total)}`);
  }

  route.addEventListener("change", update);
  search.addEventListener("input", update);
  return {
    element: h(
      "div",
      { class: "stack" },
      h("h1", {}, "Connections"),
      h(
        "section",
        { class: "card", "aria-label": "Connections" },
        h("header", {}, h("h2", {}, "Open connections and running handlers"), shownOf),
        h("div", { class: "filters" }, search, route),
        h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of connections" }, h("table", {}, h("thead", {}, h("tr", {}, head.map((one) => h("th", { scope: "col" }, one)))), body)),
        empty,
      ),
    ),
    title: "Connections",
    update,
  };
}

function row({ client, route }) {
  const state = h("span", { class: "pill" });
  const [since, received, sent] = [h("td", {}), h("td", {}), h("td", {})];
  return {
    element: h("tr", {}, h("td", {}, h("code", {}, client ?? "unknown")), h("td", {}, h("code", {}, route)), h("td", {}, state), since, received, sent),
    update(one) {
      say(state, one.stage);
      state.className = `pill ${one.stage}`;
      say(since, one.since ? lasted(now.now - one.since) : "–");
      say(received, `${number(one.messages_in)} · ${size(one.bytes_in ?? 0)}`);
      say(sent, `${number(one.messages_out)} · ${size(one.bytes_out ?? 0)}`);
    },
  };
}
