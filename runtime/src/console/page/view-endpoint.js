// One endpoint: open a socket, send messages, see the answers, and read what is documented.

import { composer } from "./composer.js";
import { endpoints, referred, resolve } from "./document.js";
import { coded, h, number, say, size } from "./dom.js";
import { of } from "./live.js";
import { messages } from "./messages.js";
import { opener } from "./opener.js";
import { sessionOf } from "./session.js";

/** The time between two updates, in milliseconds. */
const SHORTEST = 100;

export function endpoint(name) {
  const found = endpoints.find(({ id }) => encodeURIComponent(id) === name || id === name);
  if (!found) return { element: h("p", { class: "empty" }, "There is no such endpoint."), title: "Endpoint", update: () => {} };
  const session = sessionOf(found);
  const parts = [opener(session), composer(session), messages(session)];
  const [open, compose, log] = parts;
  const state = h("span", { class: "pill", role: "status" });
  const counters = h("p", { class: "soft small" });

  function update() {
    for (const part of parts) part.update();
    say(state, session.state);
    state.className = `pill ${session.state}`;
    const counted = of(found.route);
    if (counted) {
      const { open, accepted, refused, messages_in, messages_out, bytes_in, bytes_out } = counted;
      say(counters, `${number(open)} open, ${number(accepted)} accepted, ${number(refused)} refused · messages: ${number(messages_in)} in (${size(bytes_in)}), ${number(messages_out)} out (${size(bytes_out)})`);
    }
  }

  // With a thousand messages per second, drawing each frame would leave no time for the developer.
  let [timer, last] = [undefined, 0];
  const changed = () => {
    timer ??= setTimeout(() => {
      [timer, last] = [undefined, performance.now()];
      update();
    }, last + SHORTEST - performance.now());
  };
  session.addEventListener("change", changed);
  return {
    element: h(
      "div",
      { class: "stack" },
      h("p", { class: "crumbs" }, h("a", { href: "#/" }, "Endpoints"), " / ", found.handler),
      h("header", { class: "title" }, h("h1", { class: "mono" }, found.route), counters),
      paragraphs(found.description),
      h(
        "div",
        { class: "bench" },
        h(
          "div",
          { class: "stack" },
          h("section", { class: "card", "aria-label": "Socket" }, h("header", {}, h("h2", {}, "Socket"), state), open.element),
          h("section", { class: "card", "aria-label": "Send" }, h("header", {}, h("h2", {}, "Send a message")), compose.element),
        ),
        log.element,
      ),
      h("section", { class: "card", "aria-label": "Documentation" }, h("header", {}, h("h2", {}, "Documentation"), h("code", { class: "soft" }, found.source)), documentation(found)),
    ),
    title: found.route,
    update,
    leave() {
      clearTimeout(timer);
      session.removeEventListener("change", changed);
    },
  };
}

/** A doc comment: its paragraphs, with what is in backticks as code. */
function paragraphs(text) {
  return h("div", { class: "docs" }, text.split(/\n{2,}/).filter(Boolean).map((one) => h("p", {}, coded(one))));
}

function documentation({ receives, sends, refusals, closes, settings }) {
  return h(
    "div",
    { class: "folds" },
    receives.map((one) => schemaOf("Receives", one)),
    sends.map((one) => schemaOf("Sends", one)),
    fold("Refusals that can come", table(["Status", "Rule", "What it means"], refusals.map(({ statuses, rule, summary }) => [statuses?.join(", ") ?? "any", h("code", {}, rule), coded(summary)]))),
    fold("Close codes that can come", table(["Code", "Rule", "What it means"], closes.map(({ codes, rule, summary }) => [codes?.join(", ") ?? "any", h("code", {}, rule), coded(summary)]))),
    fold("Settings", table(["Setting", "Value"], Object.entries(settings).map(([name, value]) => [h("code", {}, name), written(name, value)]))),
  );
}

function written(name, value) {
  if (value === null) return "off";
  if (name === "max_message_size") return size(value);
  if (typeof value === "number") return `${value} s`;
  return typeof value === "object" ? Object.entries(value).map(([key, one]) => `${one} ${key.replace("_", " ")}`).join(", ") : value;
}

function schemaOf(verb, { name, format, payload, withoutSchema }) {
  const schemas = [[name, resolve(payload)], ...referred(resolve(payload))];
  const blocks = schemas.filter(([, schema]) => schema).map(([of, schema]) => [schemas.length > 1 && h("h3", {}, of), h("pre", { class: "block", tabindex: "0" }, JSON.stringify(schema, null, 2))]);
  const advice = withoutSchema && h("p", {}, "Derive ", h("code", {}, "schemars::JsonSchema"), " for ", h("code", {}, withoutSchema), ", and its schema is here.");
  return fold(`${verb} ${name}`, h("div", {}, advice, blocks), format);
}

const fold = (title, content, note) => h("details", { class: "fold" }, h("summary", {}, title, note && h("span", { class: "soft" }, ` ${note}`)), content);

function table(head, rows) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": head.join(", ") }, h("table", {}, h("thead", {}, h("tr", {}, head.map((one) => h("th", { scope: "col" }, one)))), h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))));
}
