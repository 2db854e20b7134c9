// What went over a socket: filtered, and as JSON where it is that.

import { clock, coded, h, number, say, size } from "./dom.js";

const WORDS = { in: "received", out: "sent", event: "event" };
const ARROWS = { in: "↓", out: "↑", event: "•" };

export function messages(session) {
  const filter = (session.draft.filter ??= { direction: "", kind: "", text: "" });
  const list = h("ol", { class: "messages", tabindex: "0", "aria-label": "Messages" });
  const empty = h("p", { class: "empty" });
  const shownOf = h("span", { class: "soft", role: "status" });
  const choice = (name, label, words) => {
    const select = h("select", { "aria-label": label }, Object.entries(words).map(([value, text]) => h("option", { value, selected: filter[name] === value }, text)));
    select.addEventListener("change", () => {
      filter[name] = select.value;
      redraw();
    });
    return select;
  };
  const search = h("input", { type: "search", "aria-label": "Search messages", placeholder: "Search", value: filter.text, autocomplete: "off", spellcheck: "false" });
  search.addEventListener("input", () => {
    filter.text = search.value;
    redraw();
  });
  const clear = h("button", { type: "button" }, "Clear");
  clear.addEventListener("click", () => session.clear());
  let drawn = new Map();

  function redraw() {
    drawn = new Map();
    list.replaceChildren();
    update();
  }

  function update() {
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const wanted = session.entries.filter((entry) => fits(entry, filter));
    const numbers = new Set(wanted.map((entry) => entry.number));
    for (const [key, element] of drawn) {
      if (!numbers.has(key)) {
        element.remove();
        drawn.delete(key);
      }
    }
    for (const entry of wanted) {
      if (drawn.has(entry.number)) continue;
      const element = row(entry);
      drawn.set(entry.number, element);
      list.append(element);
    }
    empty.hidden = wanted.length > 0;
    say(empty, session.entries.length ? "No message fits the filter." : "Open the socket, and its messages are here.");
    const total = session.entries.length + session.dropped;
    say(shownOf, total ? `${number(wanted.length)} of ${number(total)}` : "");
    // Someone who has scrolled up reads: the list stays where it is.
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }

  const element = h(
    "section",
    { class: "card messages-card", "aria-label": "Messages" },
    h("header", {}, h("h2", {}, "Messages"), shownOf),
    h(
      "div",
      { class: "filters" },
      search,
      choice("direction", "Direction", { "": "Both directions", in: "Received", out: "Sent", event: "Events" }),
      choice("kind", "Kind", { "": "Text and binary", text: "Text", binary: "Binary" }),
      clear,
    ),
    list,
    empty,
  );
  return { element, update };
}

function fits(entry, { direction, kind, text }) {
  if (direction && entry.direction !== direction) return false;
  if (kind && entry.kind !== kind) return false;
  const content = [entry.text, entry.words, entry.rule, entry.reason].filter(Boolean).join(" ");
  return content.toLowerCase().includes(text.toLowerCase());
}

function row(entry) {
  const { direction, time, isFault } = entry;
  const mark = h("b", { class: "arrow", role: "img", "aria-label": WORDS[direction] }, ARROWS[direction]);
  const at = h("time", { class: "soft", datetime: new Date(time).toISOString() }, clock(time));
  const content = direction === "event" ? eventOf(entry) : contentOf(entry);
  return h("li", { class: [direction, isFault && "fault"].filter(Boolean).join(" ") }, mark, at, content);
}

function eventOf({ words, rule, reason, remedy }) {
  return h(
    "div",
    { class: "words" },
    h("span", {}, coded(words)),
    rule && h("p", {}, h("code", { class: "rule" }, rule), " ", coded(reason)),
    remedy && h("p", { class: "remedy" }, h("b", {}, "help: "), coded(remedy)),
  );
}

function contentOf({ kind, text, bytes }) {
  const about = h("span", { class: "soft about" }, kind === "binary" ? `binary, ${size(bytes)}` : size(bytes));
  const json = kind === "text" ? jsonOf(text) : undefined;
  if (!json) return h("div", { class: "words" }, h("pre", {}, text), about);
  return h("details", { class: "words" }, h("summary", {}, h("code", {}, JSON.stringify(json)), about), h("pre", {}, JSON.stringify(json, null, 2)));
}

/** An object or a list; nothing where it is none. */
function jsonOf(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
