// The endpoints: the AsyncAPI document of the server, as the views need it.

/** Every endpoint, in the order of their routes. */
export let endpoints = [];

let root;
let text;

export async function startDocument() {
  text = await read();
  const { document, sources } = JSON.parse(text);
  root = document;
  endpoints = Object.entries(document.channels).map(([id, channel]) => endpoint(id, channel, sources));
  endpoints.sort((a, b) => (a.route < b.route ? -1 : 1));
}

async function read() {
  const answer = await fetch("endpoints.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.text();
}

/** Whether the server has other endpoints than the page. */
export const isOutdated = async () => (await read()) !== text;

function endpoint(id, channel, sources) {
  const { route, ...details } = channel["x-sockeye"];
  return {
    id,
    route,
    ...details,
    source: sources[route],
    summary: channel.summary ?? "",
    description: channel.description ?? "",
    parameters: Object.entries(channel.parameters ?? {}).map(([name, about]) => ({ name, ...about })),
    query: channel.bindings?.ws?.query,
    receives: messages(id, channel, "receive"),
    sends: messages(id, channel, "send"),
  };
}

function messages(id, channel, action) {
  const operation = root.operations[`${id}.${action}`];
  const names = (operation?.messages ?? []).map(({ $ref }) => $ref.split("/").at(-1));
  return names.map((name) => {
    const message = resolve(channel.messages[name]);
    return { name, format: message["x-sockeye-format"] ?? "json", payload: message.payload, withoutSchema: message["x-sockeye-without-schema"] };
  });
}

/** What a reference within the document leads to. */
export function resolve(schema) {
  let found = schema;
  for (let steps = 0; found?.$ref && steps < 16; steps += 1) {
    const path = found.$ref.replace(/^#\//, "").split("/");
    found = path.reduce((at, key) => at?.[decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~")], root);
  }
  return found;
}

/** The schemas that this one refers to, by name, itself not included. */
export function referred(schema, found = new Map()) {
  for (const [, name] of JSON.stringify(schema ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    if (found.has(name)) continue;
    found.set(name, resolve({ $ref: `#/components/schemas/${name}` }));
    referred(found.get(name), found);
  }
  return found;
}

/** The URL at which a browser asks for a route: it resolves `.` and `..` in a path. */
export function urlOf(route, values, query) {
  const url = new URL(location.origin + pathOf(route, values));
  url.search = query ?? "";
  return url;
}

/** The path of a route, with these values for its parameters. */
export function pathOf(route, values) {
  const rest = (value) => value.split("/").map(encodeURIComponent).join("/");
  const filled = route.replace(/\{\{|\}\}|\{(\*?)([^{}]+)\}/g, (all, star, name) => {
    if (!name) return all[0];
    return star ? rest(values[name] ?? "") : encodeURIComponent(values[name] ?? "");
  });
  return filled;
}
