// The form that opens a socket: parameters of the path, query, subprotocols. A browser's script can set no other headers.

import { urlOf } from "./document.js";
import { field, h, say } from "./dom.js";
import { sample } from "./schema.js";

export function opener(session) {
  const { endpoint, draft } = session;
  const values = (draft.values ??= Object.fromEntries(endpoint.parameters.map((one) => [one.name, initial(one)])));
  const offered = (draft.offered ??= new Set(endpoint.subprotocols));
  const url = h("code", { class: "url" });
  const asked = () => urlOf(endpoint.route, values, draft.query);
  const show = () => say(url, asked().pathname + asked().search);
  const parameters = endpoint.parameters.map((one) => field(one.name, control(one, values, show), hintOf(one)));
  const { properties = {}, required = [] } = endpoint.query ?? {};
  draft.query ||= required.map((name) => `${name}=${encodeURIComponent(sample(properties[name] ?? {}, name) ?? "")}`).join("&");
  const keys = Object.keys(properties).map((name) => `${name}=value`);
  const query = h("input", { value: draft.query, placeholder: keys.join("&") || "key=value&key=value", required: required.length > 0, autocomplete: "off", spellcheck: "false" });
  query.addEventListener("input", () => {
    draft.query = query.value.replace(/^\?/, "");
    show();
  });
  const subprotocols = endpoint.subprotocols.map((name) => subprotocol(name, offered));
  const button = h("button", { class: "primary", type: "submit" });
  const form = h(
    "form",
    { class: "opener" },
    parameters,
    field("Query", query, required.length > 0 ? `needs ${required.join(", ")}` : "optional"),
    subprotocols.length > 0 && h("fieldset", {}, h("legend", {}, "Subprotocols"), h("div", { class: "checks" }, subprotocols)),
    h("div", { class: "line" }, url, button),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (session.state === "closed") session.open(asked(), endpoint.subprotocols.filter((name) => offered.has(name)));
    else session.close();
  });
  show();
  const WORDS = { closed: "Open socket", connecting: "Cancel", open: "Close socket", closing: "Closing" };
  return {
    element: form,
    update() {
      say(button, WORDS[session.state]);
      button.disabled = session.state === "closing";
      button.className = session.state === "closed" ? "primary" : "";
    },
  };
}

const schemaOf = (parameter) => parameter["x-sockeye-schema"] ?? { type: "string" };

function initial(parameter) {
  const { type } = schemaOf(parameter);
  if (parameter.enum) return parameter.enum[0];
  return type === "integer" || type === "number" ? "1" : String(sample(schemaOf(parameter), parameter.name) ?? parameter.name);
}

const hintOf = (parameter) => schemaOf(parameter).format ?? (parameter.description ? "rest of the path" : undefined);

function control(parameter, values, show) {
  const { name } = parameter;
  const { type } = schemaOf(parameter);
  const made = parameter.enum
    ? h("select", {}, parameter.enum.map((value) => h("option", { value, selected: value === values[name] }, value)))
    : h("input", { value: values[name], required: true, autocomplete: "off", spellcheck: "false", inputmode: type === "integer" ? "numeric" : undefined });
  made.addEventListener("input", () => {
    values[name] = made.value;
    show();
  });
  return made;
}

function subprotocol(name, offered) {
  const box = h("input", { type: "checkbox", checked: offered.has(name) });
  box.addEventListener("change", () => (box.checked ? offered.add(name) : offered.delete(name)));
  return h("label", { class: "check" }, box, h("code", {}, name));
}
