// What went wrong lately: refused handshakes, and how connections ended, each with its rule and its remedy.

import { clock, coded, h, keyed, lasted, number, say, sentence } from "./dom.js";
import { now } from "./live.js";

export function refusals() {
  const search = h("input", { type: "search", "aria-label": "Search", placeholder: "Search by rule, route, reason or client", autocomplete: "off", spellcheck: "false" });
  const faults = h("input", { type: "checkbox", checked: true });
  const refused = part("Refused handshakes", "No handshake was refused.", refusal);
  const ended = part("Ended connections", "No connection has ended so.", end, h("label", { class: "check" }, faults, "only those that broke a rule"));

  function update() {
    const words = search.value.toLowerCase();
    const fits = (one) => [one.rule, one.route, one.reason, one.client].filter(Boolean).join(" ").toLowerCase().includes(words);
    refused.update(now?.refusals, fits);
    ended.update(now?.ends, (one) => fits(one) && (one.rule || !faults.checked));
  }

  search.addEventListener("input", update);
  faults.addEventListener("change", update);
  return {
    element: h("div", { class: "stack" }, h("h1", {}, "Refusals"), h("div", { class: "filters" }, search), refused.element, ended.element),
    title: "Refusals",
    update,
  };
}

function part(title, none, create, control) {
  const list = h("ul", { class: "faults" });
  const empty = h("p", { class: "empty" }, none);
  const rows = keyed(list, create, empty);
  const total = h("span", { class: "soft" });
  return {
    element: h("section", { class: "card", "aria-label": title }, h("header", {}, h("h2", {}, title), total), control, list, empty),
    update(listed, fits) {
      rows((listed?.shown ?? []).filter(fits), (one) => [one.at, one.rule, one.route, one.client, one.reason, one.code].join(" "));
      say(total, `${number(listed?.total)} in all`);
    },
  };
}

function refusal({ at, times, rule, status, route, reason, remedy, client }) {
  const line = [status && h("span", { class: "pill bad" }, status), h("code", { class: "rule" }, rule), route ? h("code", {}, route) : h("span", { class: "soft" }, "no endpoint"), times > 1 && h("span", { class: "pill" }, `${number(times)} times`)];
  return { element: fault(at, line, reason, remedy, client) };
}

function end({ at, code, rule, route, reason, remedy, client, seconds }) {
  const line = [h("span", { class: `pill ${rule ? "bad" : ""}` }, code ?? "no close frame"), rule && h("code", { class: "rule" }, rule), h("code", {}, route), h("span", { class: "soft" }, `after ${lasted(seconds * 1000)}`)];
  return { element: fault(at, line, reason, remedy, client) };
}

function fault(at, line, reason, remedy, client) {
  return h(
    "li",
    {},
    h("div", { class: "fault-line" }, h("time", { class: "soft", datetime: new Date(at).toISOString() }, clock(at)), line, h("span", { class: "soft client" }, client)),
    reason && h("p", {}, coded(sentence(reason))),
    remedy && h("p", { class: "remedy" }, h("b", {}, "help: "), coded(remedy)),
  );
}
