import { h, keyed, say } from "./dom.js";
import { row } from "./progress.js";
import { post, store } from "./store.js";
import { toast } from "./toasts.js";

export function startForm() {
  const directory = h("input", { name: "directory", placeholder: "all files, or a directory such as docs", "aria-label": "Directory", autocomplete: "off", spellcheck: "false" });
  const button = h("button", { class: "primary" }, "Start validation");
  const start = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await post("/api/validate/batch", directory.value.trim() ? { directory: directory.value.trim() } : undefined);
      directory.value = "";
    } catch (error) {
      toast("bad", "Not started", error.message);
    }
    button.disabled = false;
  };
  return h("form", { class: "start", onsubmit: start }, directory, button);
}

export function workflows() {
  const list = h("ul", { class: "rows" });
  const empty = h("p", { class: "empty" });
  const show = keyed(list, row, empty);
  const card = h("section", { class: "card", "aria-label": "All workflows" }, startForm(), list, empty);
  return {
    element: h("div", { class: "single" }, h("h1", {}, "Workflows"), card),
    title: "Workflows",
    update() {
      const all = [...store.workflows.values()].sort((one, other) => other.id - one.id);
      show(all, (workflow) => workflow.id);
      say(empty, store.status === "error" ? `The workflows could not be read: ${store.error}.` : store.status === "loading" ? "Reading the workflows …" : "No workflow yet. Start the first one above.");
    },
  };
}
