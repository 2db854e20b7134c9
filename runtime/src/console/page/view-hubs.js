// The hubs of the process, with their topics.

import { h, keyed, number, say } from "./dom.js";
import { now } from "./live.js";

const HEAD = ["Topic", "Subscribers", "Queued events", "Lag of the slowest"];

export function hubs() {
  const list = h("div", { class: "stack" });
  const empty = h("p", { class: "card empty" }, "The program has no hub.");
  const shownOf = h("p", { class: "soft" });
  const cards = keyed(list, card, empty);
  return {
    element: h("div", { class: "stack" }, h("h1", {}, "Hubs"), shownOf, list, empty),
    title: "Hubs",
    update() {
      const { total, shown } = now?.hubs ?? { total: 0, shown: [] };
      cards(shown, ({ name }) => name);
      shownOf.hidden = total <= shown.length;
      say(shownOf, `The first ${number(shown.length)} of ${number(total)}.`);
    },
  };
}

function card({ name }) {
  const body = h("tbody", {});
  const empty = h("p", { class: "empty" }, "No topic has subscribers.");
  const rows = keyed(body, topic, empty);
  const total = h("span", { class: "soft" });
  const table = h("table", {}, h("thead", {}, h("tr", {}, HEAD.map((one) => h("th", { scope: "col" }, one)))), body);
  const scroll = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Topics of ${name}` }, table);
  return {
    element: h("section", { class: "card", "aria-label": name }, h("header", {}, h("h2", {}, h("code", {}, name)), total), scroll, empty),
    update(hub) {
      rows(hub.topics, (one) => one.name);
      scroll.hidden = hub.topics.length === 0;
      say(total, hub.total > hub.topics.length ? `${number(hub.topics.length)} of ${number(hub.total)} topics` : `${number(hub.total)} ${hub.total === 1 ? "topic" : "topics"}`);
    },
  };
}

function topic({ name }) {
  const cells = [h("td", {}), h("td", {}), h("td", {})];
  return {
    element: h("tr", {}, h("td", {}, h("code", {}, name)), cells),
    update({ subscribers, queued, lag }) {
      [subscribers, queued, lag].forEach((value, index) => say(cells[index], number(value)));
      cells[2].classList.toggle("bad", lag > 0);
    },
  };
}
