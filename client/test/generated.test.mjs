// What `cargo sockeye types` writes: it compiles, it connects to the right address, and the page of the dashboard is checked with it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const client = fileURLToPath(new URL("..", import.meta.url));
const page = join(client, "../examples/dashboard/page");
const tsc = join(client, "node_modules/typescript/bin/tsc");

/** The text that a test of the command line expects, without insta's head. */
const expected = (name) => readFileSync(join(client, "../cli/tests/routes/snapshots", `routes__documents__${name}.snap`), "utf8").split("\n---\n")[1];

/** A folder for one test. */
function temporary(t) {
  const folder = mkdtempSync(join(tmpdir(), "sockeye-types-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What tsc says of a page. */
function check(folder) {
  const { status, stdout } = spawnSync(process.execPath, [tsc, "--project", folder], { encoding: "utf8" });
  return { status, stdout };
}

test("the page fits the types", () => {
  const { status, stdout } = check(page);
  assert.equal(status, 0, stdout);
});

/** Fields of events, of what is in them, and of the log; each with the name that it might get. */
const RENAMED = { workflow_id: "batch", flagged: "files", proposed: "replacement", findings: "found", spans: "within" };

test("a field that is renamed in Rust breaks the page", (t) => {
  const folder = temporary(t);
  // As deep as the page is, so that `rootDirs` finds the client.
  const copy = join(folder, "examples/dashboard/page");
  cpSync(page, copy, { recursive: true });
  cpSync(client, join(folder, "client"), { recursive: true, filter: (path) => !path.includes("node_modules") });
  const declarations = readFileSync(join(page, "endpoints.d.ts"), "utf8");
  for (const [field, other] of Object.entries(RENAMED)) {
    const renamed = declarations.replaceAll(new RegExp(`^( +)${field}: `, "gm"), `$1${other}: `);
    assert.notEqual(renamed, declarations, `the types have no field ${field}`);
    writeFileSync(join(copy, "endpoints.d.ts"), renamed);
    const { status, stdout } = check(copy);
    assert.notEqual(status, 0, `nothing uses ${field}`);
    assert.match(stdout, new RegExp(`'${field}'`), stdout);
  }
});

/** What the types allow, and what they do not. */
const USE = `
import { a__b, aB, allNews, delete_, plain, stock, type News, type Tree } from "./endpoints.js";

const news = allNews({ kind: 7, rest: "a/b" }, { base: "https://app.example.com", query: { since: "1" } });
news.addEventListener("message", ({ detail }) => {
  if (detail.type === "started") detail.at[1].toFixed();
  // @ts-expect-error what has ended has no time
  if (detail.type === "ended") detail.at;
});
news.send({ topic: "a" });
// @ts-expect-error no such field
news.send({ topics: "a" });
// @ts-expect-error the topic is missing
news.send({ limit: 1 });
// @ts-expect-error the kind is a number
allNews({ kind: "seven", rest: "" });
// @ts-expect-error the parameters are missing
allNews();
delete_().send("text");
delete_().send(new Uint8Array(1));
// @ts-expect-error a raw endpoint takes no JSON
delete_().send({});
plain().send({ anything: 1 });
const tree: Tree = { left: "leaf", right: { deep: "leaf" } };
aB().send(tree);
// @ts-expect-error a number is no tree
aB().send({ left: { deep: 1 } });
aB({ query: { word: "leaf" } });
aB({ query: { word: undefined } });
// @ts-expect-error no such field
aB({ query: { words: "leaf" } });
stock({ query: { since: 12345678901234567890n, level: "warn", all: true } });
// @ts-expect-error the query is missing
stock();
// @ts-expect-error its field \`since\` is missing
stock({ query: { limit: 1 } });
// @ts-expect-error no such level
stock({ query: { since: 1, level: "loud" } });
stock({ query: { since: 1 } }).request({ topic: "a" });
// @ts-expect-error the topic is missing
stock({ query: { since: 1 } }).request({ limit: 1 });
plain().request({ anything: 1 });
a__b({ resume: true }).addEventListener("message", ({ detail }) => detail.count.toFixed());
a__b().send({ column: 1, row: 2 });
const ended: News = { type: "ended" };
console.log(ended);
`;

test("the module is right TypeScript, and its functions are typed", (t) => {
  const folder = temporary(t);
  const [module, declarations] = expected("a_page_without_a_build_step_gets_a_module_and_its_declarations").split("--- endpoints.d.ts\n");
  const files = {
    "typescript/endpoints.ts": expected("messages_become_types_and_endpoints_functions").replace('"sockeye-client"', '"../sockeye.js"'),
    "javascript/endpoints.js": module,
    "javascript/endpoints.d.ts": declarations.replace('"./sockeye.js"', '"../sockeye.js"'),
    "sockeye.d.ts": readFileSync(join(client, "sockeye.d.ts"), "utf8"),
  };
  const compilerOptions = { strict: true, noEmit: true, target: "es2022", module: "es2022", moduleResolution: "bundler", lib: ["es2022", "dom"], types: [] };
  for (const form of ["typescript", "javascript"]) {
    files[`${form}/use.ts`] = USE;
    files[`${form}/tsconfig.json`] = JSON.stringify({ compilerOptions, files: ["use.ts"] });
    mkdirSync(join(folder, form));
  }
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  for (const form of ["typescript", "javascript"]) {
    const { status, stdout } = check(join(folder, form));
    assert.equal(status, 0, stdout);
  }
});

test("the module connects to the addresses of the endpoints", async (t) => {
  const folder = temporary(t);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "sockeye.js"), "export const connect = (url, options) => ({ url, options });");
  writeFileSync(join(folder, "endpoints.js"), expected("a_page_without_a_build_step_gets_a_module_and_its_declarations").split("\n--- ")[0]);
  const { allNews, delete_, plain, stock } = await import(pathToFileURL(join(folder, "endpoints.js")));
  const news = allNews({ kind: 12345678901234567890n, rest: "a b/../c?d" });
  assert.equal(news.url, "/news/12345678901234567890/a%20b/../c%3Fd");
  assert.deepEqual(news.options, { protocols: ["v2", "v1"] });
  const elsewhere = plain({ base: "https://app.example.com", query: { since: "1 2" }, attempts: 3 });
  assert.equal(elsewhere.url, "https://app.example.com/plain?since=1+2");
  assert.equal(elsewhere.options.attempts, 3);
  assert.equal(stock({ query: { since: 7n, level: undefined, all: false } }).url, "/stock?since=7&all=false");
  assert.equal(delete_().options.decode("7"), "7");
});
