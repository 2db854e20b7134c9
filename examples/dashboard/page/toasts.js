// Short news at the bottom right. They leave by themselves, but not while someone reads or holds them.

import { h } from "./dom.js";

const MOST = 3;
const STAYS = 6000;

export function toast(kind, title, text, href) {
  const region = document.getElementById("toasts");
  const body = h("div", { class: "toast-text" }, h("strong", {}, title), text && h("span", {}, text));
  const close = h("button", { class: "quiet icon", type: "button", "aria-label": `Dismiss: ${title}`, onclick: () => item.remove() }, "×");
  const item = h("div", { class: `toast ${kind}` }, href ? h("a", { href }, body) : body, close);
  region.append(item);
  while (region.children.length > MOST) region.firstElementChild.remove();
  const leave = () => (item.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : item.remove());
  setTimeout(leave, STAYS);
}
