// Elements from code. What is shown comes from files and from strangers: it gets into the page as text only, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

export const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);
export const svg = (tag, properties, ...children) => fill(document.createElementNS(SVG, tag), properties, children);

/** Sets a text where it has changed: what is selected, or read aloud, stays as it is. */
export function say(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

/**
 * Makes the children of a container follow a list, and keeps those that stay, with their focus.
 * `create(item)` returns `{ element, update(item) }`.
 */
export function keyed(container, create, empty) {
  const shown = new Map();
  return (items, key) => {
    const wanted = new Set(items.map(key));
    for (const [name, { element }] of shown) {
      if (!wanted.has(name)) {
        element.remove();
        shown.delete(name);
      }
    }
    items.forEach((item, index) => {
      const name = key(item);
      if (!shown.has(name)) shown.set(name, create(item));
      const { element, update } = shown.get(name);
      update?.(item);
      if (container.children[index] !== element) container.insertBefore(element, container.children[index] ?? null);
    });
    if (empty) empty.hidden = items.length > 0;
  };
}

export const clock = (at) => new Date(at).toLocaleTimeString("en-GB");

export function lasted(from, to) {
  const seconds = Math.max(0, (to - from) / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
