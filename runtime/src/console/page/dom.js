// Elements from code. What is shown comes from clients and servers: it gets into the page as text only, never as HTML.

export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** Sets a text where it has changed: what is selected, or read aloud, stays as it is. */
export function say(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

/**
 * Makes the children of a container follow a list, and keeps those that stay, with their focus.
 * `create(item)` returns `{ element, update(item) }`. Items with the same key are told apart by their order.
 */
export function keyed(container, create, empty) {
  const shown = new Map();
  return (items, key) => {
    const names = apart(items.map(key));
    const wanted = new Set(names);
    for (const [name, { element }] of shown) {
      if (!wanted.has(name)) {
        element.remove();
        shown.delete(name);
      }
    }
    items.forEach((item, index) => {
      const name = names[index];
      if (!shown.has(name)) shown.set(name, create(item));
      const { element, update } = shown.get(name);
      update?.(item);
      if (container.children[index] !== element) container.insertBefore(element, container.children[index] ?? null);
    });
    if (empty) empty.hidden = items.length > 0;
  };
}

function apart(keys) {
  const times = new Map();
  return keys.map((key) => {
    times.set(key, (times.get(key) ?? 0) + 1);
    return `${times.get(key)} ${key}`;
  });
}

export const clock = (at) => new Date(at).toLocaleTimeString("en-GB");

export function lasted(milliseconds) {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export const number = (value) => Number(value ?? 0).toLocaleString("en-US");

/** The server writes its reasons as a compiler does: in lower case, without a full stop. */
export const sentence = (words) => words && words[0].toUpperCase() + words.slice(1) + (/[.:!?`]$/.test(words) ? "" : ".");

/** A text with what is in backticks as code. */
export const coded = (words) => String(words).split("`").map((part, index) => (index % 2 === 1 ? h("code", {}, part) : part));

let ids = 0;

/** A form field with its label. */
export function field(label, control, hint) {
  control.id ||= `field-${(ids += 1)}`;
  return h("div", { class: "field" }, h("label", { for: control.id }, label, hint && h("span", { class: "soft" }, ` ${hint}`)), control);
}

/** What is remembered in this browser, where it allows that. */
export function kept(name) {
  try {
    return localStorage.getItem(`sockeye-console-${name}`);
  } catch {
    return null;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(`sockeye-console-${name}`, value);
  } catch {
    // It holds until the page is closed.
  }
}
