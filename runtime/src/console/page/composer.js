// The form that sends a message, with templates made from the schema.

import { field, h, say } from "./dom.js";
import { sample, variants } from "./schema.js";
import { bytesOf } from "./session.js";

export function composer(session) {
  const { endpoint, draft } = session;
  const templates = endpoint.receives.flatMap(templatesOf);
  const isJson = endpoint.receives.some(({ format }) => format === "json");
  draft.kind ??= isJson || endpoint.receives.some(({ format }) => format === "raw") ? "text" : "binary";
  draft.text ??= templates[0]?.text() ?? "";
  const text = h("textarea", { rows: "7", spellcheck: "false", autocomplete: "off" });
  text.value = draft.text;
  const kind = h("select", {}, ["text", "binary"].map((one) => h("option", { value: one, selected: one === draft.kind }, one === "text" ? "Text" : "Binary, in hexadecimal")));
  const template = h("select", {}, templates.map(({ name }, index) => h("option", { value: index, selected: index === draft.template }, name)));
  const fault = h("p", { class: "fault", role: "status" });
  const button = h("button", { class: "primary", type: "submit" }, "Send");
  const check = () => {
    draft.text = text.value;
    draft.kind = kind.value;
    say(fault, faultOf(text.value, kind.value, isJson) ?? "");
  };
  text.addEventListener("input", check);
  kind.addEventListener("change", check);
  template.addEventListener("change", () => {
    draft.template = Number(template.value);
    text.value = templates[draft.template].text();
    check();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  const form = h(
    "form",
    { class: "composer" },
    h("div", { class: "pair" }, templates.length > 0 && field("Message", template, "from the schema"), field("Send as", kind)),
    field("Content", text, "Ctrl+Enter sends"),
    fault,
    h("div", { class: "line end" }, button),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = kind.value === "text" ? text.value : bytesOf(text.value);
    if (data !== undefined && session.state === "open") session.send(kind.value === "text" ? data : data.buffer);
  });
  check();
  return {
    element: form,
    update() {
      button.disabled = session.state !== "open";
      button.title = button.disabled ? "Open the socket first" : "";
    },
  };
}

/** A template for each variant of a message. */
function templatesOf({ name, format, payload }) {
  if (format !== "json" || !payload) return [];
  const write = (schema) => () => JSON.stringify(sample(schema), null, 2);
  const each = variants(payload);
  if (each.length > 1) return each.map((one) => ({ name: `${name}: ${one.name}`, text: write(one.schema) }));
  return [{ name, text: write(payload) }];
}

function faultOf(text, kind, isJson) {
  if (kind === "binary") return bytesOf(text) ? undefined : "Write each byte as two hexadecimal digits, such as 0a ff.";
  if (!isJson) return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `Not JSON: ${error.message}`;
  }
}
