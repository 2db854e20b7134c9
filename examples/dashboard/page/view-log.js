// The log of the program. Level and target are chosen here, and the server leaves the rest out.

import { follow } from "./connections.js";
import { clock, h } from "./dom.js";
import { logs } from "./endpoints.js";

/** @import { LogRecord } from "./endpoints.js" */

const MOST = 1000;
const LEVELS = { ERROR: "errors", WARN: "warnings and errors", INFO: "info and above", DEBUG: "debug and above", TRACE: "everything" };

const fieldsOf = (fields) => Object.entries(fields).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ");
const spanOf = ({ name, fields }) => (Object.keys(fields).length ? `${name}{${fieldsOf(fields)}}` : name);

/** @param {LogRecord} record */
function line({ time, level, target, message, fields, spans }) {
  const where = spans.map(spanOf).join(":");
  return h(
    "li",
    { class: level },
    h("time", { class: "soft", datetime: new Date(time).toISOString() }, clock(time)),
    h("b", {}, level),
    h("span", { class: "soft target" }, target),
    h("span", { class: "words" }, message, " ", h("span", { class: "soft" }, [fieldsOf(fields), where && `in ${where}`].filter(Boolean).join(" "))),
  );
}

export function log() {
  const level = h("select", { "aria-label": "Level" }, Object.entries(LEVELS).map(([value, words]) => h("option", { value, selected: value === "INFO" }, words)));
  const target = h("input", { "aria-label": "Target", placeholder: "target, such as sockeye", autocomplete: "off", spellcheck: "false" });
  const list = h("ol", { class: "log", tabindex: "0", "aria-label": "Log records" });
  const empty = h("p", { class: "empty" }, "No record of this level and target yet.");
  let queue = [];
  let frame;

  // A frame at a time: a thousand records are one change of the page.
  function flush() {
    frame = undefined;
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(...queue.splice(0).slice(-MOST));
    while (list.childElementCount > MOST) list.firstElementChild.remove();
    empty.hidden = list.childElementCount > 0;
    // Who has scrolled up reads: the page stays where it is.
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }

  function add(element) {
    queue.push(element);
    frame ??= requestAnimationFrame(flush);
  }

  function clear() {
    queue = [];
    list.replaceChildren();
    empty.hidden = false;
  }

  const filter = () => ({ level: /** @type {LogRecord["level"]} */ (level.value), target: target.value.trim() });
  const socket = follow((options) => logs(options), {
    onmessage(message) {
      if ("level" in message) add(line(message));
      else if (message.type === "filter_set") clear();
    },
    ongap: ({ missed }) => add(h("li", { class: "note" }, missed ? `${missed} records are missing here: this page did not keep up` : "the server has been restarted; its log begins anew here")),
    // A new connection has the filter that is the default.
    onlive: () => (filter().level !== "INFO" || filter().target) && choose(),
  });
  const choose = () => socket.send(filter());
  let pause;
  level.addEventListener("change", choose);
  target.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(choose, 300);
  });
  return {
    element: h("div", { class: "single tall" }, h("h1", {}, "Log"), h("section", { class: "card log-card", "aria-label": "Log" }, h("div", { class: "filters" }, level, target), list, empty)),
    title: "Log",
    update: () => {},
    leave() {
      cancelAnimationFrame(frame);
      socket.close();
    },
  };
}
