// What went over a socket: filtered, and as JSON where it is that.

import { clock, coded, h, number, say, size } from "./dom.js";

const WORDS = { in: "received", out: "sent", event: "event" };
const ARROWS = { in: "↓", out: "↑", event: "•" };

/** How many characters of a message are shown at once, and of one that is folded. */
const SHOWN = 4000;
const SUMMARY = 1000;
const LONGEST_JSON = 1_000_000;

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
  /** The elements of entries; `null` for those that do not fit the filter. */
  let drawn = new Map();

  function redraw() {
    drawn = new Map();
    list.replaceChildren();
    update();
  }

  function update() {
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const { entries, dropped } = session;
    const here = new Set(entries);
    for (const [entry, element] of drawn) {
      if (here.has(entry)) continue;
      element?.remove();
      drawn.delete(entry);
    }
    // From the end, since one in the middle can be new, too: how a connection ended is explained later.
    let next = null;
    for (const entry of entries.toReversed()) {
      if (!drawn.has(entry)) {
        const element = fits(entry, filter) ? row(entry) : null;
        drawn.set(entry, element);
        if (element) list.insertBefore(element, next);
      }
      next = drawn.get(entry) ?? next;
    }
    const shown = list.children.length;
    empty.hidden = shown > 0;
    say(empty, entries.length ? "No message fits the filter." : "Open the socket, and its messages are here.");
    const total = entries.length + dropped;
    say(shownOf, total ? `${number(shown)} of ${number(total)}` : "");
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

function contentOf({ kind, text, bytes, kept }) {
  const words = [kind === "binary" && "binary", size(bytes), kept < bytes && `the first ${size(kept)} are shown`];
  const about = h("span", { class: "soft about" }, words.filter(Boolean).join(", "));
  const json = kind === "text" ? jsonOf(text) : undefined;
  if (!json) return h("div", { class: "words" }, h("pre", {}, ...cut(text)), about);
  const details = h("details", { class: "words" }, h("summary", {}, h("code", {}, beginning(JSON.stringify(json), SUMMARY)), about));
  // Most are never opened.
  details.addEventListener("toggle", () => details.children[1] ?? details.append(h("pre", {}, ...cut(JSON.stringify(json, null, 2)))));
  return details;
}

/** A text, of which a long rest is shown on request: a page with megabytes of it does not scroll any more. */
function cut(text) {
  if (text.length <= SHOWN) return [text];
  const more = h("button", { type: "button", class: "more" }, `Show all ${number(text.length)} characters`);
  more.addEventListener("click", () => more.parentElement.replaceChildren(text));
  return [beginning(text, SHOWN), "\n", more];
}

const beginning = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);

/** An object or a list; nothing where it is none, or where it would take long. */
function jsonOf(text) {
  if (text.length > LONGEST_JSON || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
