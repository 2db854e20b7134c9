import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { gzipSync } from "node:zlib";

import { connect, explainClose } from "../sockeye.js";
import { serve } from "./server.mjs";

// Node 20 has it behind `--experimental-websocket`, newer ones as it is.
assert.equal(typeof WebSocket, "function", "run with a Node that has WebSocket: --experimental-websocket before Node 22");

const FAST = { backoff: { first: 10, most: 40, stable: 50 } };
const cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function server(answer, port) {
  const started = await serve(answer, port);
  cleanups.push(() => started.stop().catch(() => {}));
  return started;
}

function open(url, options = {}) {
  const socket = connect(url, { ...FAST, ...options });
  cleanups.unshift(() => socket.close());
  socket.states = [];
  socket.addEventListener("state", ({ detail }) => socket.states.push(detail));
  return socket;
}

function event(socket, type, accept = () => true) {
  return new Promise((resolve) => {
    const listener = ({ detail }) => {
      if (!accept(detail)) return;
      socket.removeEventListener(type, listener);
      resolve(detail);
    };
    socket.addEventListener(type, listener);
  });
}

const state = (socket, name) => event(socket, "state", (state) => state.name === name);
const refuse = (rule, reason, status, headers) => () => ({
  status,
  headers: { "sockeye-rule": rule, ...headers },
  body: `websocket handshake refused [${rule}]: ${reason}\nhelp: do something about it\n`,
});

test("messages are JSON in both directions", async () => {
  const { url, peer } = await server();
  const socket = open(`${url}/ws`);
  await state(socket, "live");
  const there = await peer();
  assert.equal(socket.send({ hello: 1 }), true);
  assert.equal(await there.next(), '{"hello":1}');
  there.send({ welcome: true });
  assert.deepEqual(await event(socket, "message"), { welcome: true });
});

test("other formats are read and written by functions", async () => {
  const { url, peer } = await server();
  const socket = open(url, { encode: String, decode: String, protocols: ["v2", "v1"] });
  assert.equal((await state(socket, "live")).protocol, "v2");
  const there = await peer();
  socket.send("plain");
  assert.equal(await there.next(), "plain");
  there.send("back");
  assert.equal(await event(socket, "message"), "back");
});

test("what cannot be read is an event and not an exception", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  const there = await peer();
  const invalid = event(socket, "invalid");
  there.send("{");
  assert.equal((await invalid).data, "{");
});

test("a lost connection is made again, with what was sent meanwhile, in order", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  assert.equal(socket.send({ n: 1 }), true);
  const first = await peer();
  assert.equal(await first.next(), '{"n":1}');
  const lost = state(socket, "reconnecting");
  first.cut();
  const why = await lost;
  assert.equal(why.code, 1006);
  assert.match(why.reason, /lost without a close frame/);
  assert.ok(why.at > Date.now() - 1000);
  socket.send({ n: 2 });
  socket.send({ n: 3 });
  assert.equal(socket.queued, 2);
  const second = await peer();
  assert.equal(await second.next(), '{"n":2}');
  assert.equal(await second.next(), '{"n":3}');
});

test("the queue is bounded, and what it drops is told", async () => {
  for (const [policy, kept, dropped] of [["drop-oldest", ["2", "3"], "1"], ["drop-newest", ["1", "2"], "3"]]) {
    const socket = open("ws://127.0.0.1:9", { encode: String, queue: { size: 2, policy } });
    const gone = [];
    socket.addEventListener("dropped", ({ detail }) => gone.push(detail.data));
    const taken = [1, 2, 3].map((n) => socket.send(n));
    assert.deepEqual(gone, [dropped], policy);
    assert.deepEqual(taken, [true, true, policy === "drop-oldest"]);
    assert.equal(socket.queued, 2);
    const { url, peer, port } = await server();
    socket.close();
    const again = open(url, { encode: String, queue: { size: 2, policy } });
    for (const n of [1, 2, 3]) again.send(n);
    const there = await peer();
    assert.deepEqual([await there.next(), await there.next()], kept, `${policy} ${port}`);
  }
});

test("each close code is a sentence; those that cannot be helped are final", async () => {
  const { url, peer } = await server();
  for (const [code, end] of [[1000, "closed"], [1001, "reconnecting"], [1008, "closed"], [1011, "reconnecting"], [1013, "reconnecting"], [4000, "reconnecting"], [4321, "closed"]]) {
    const socket = open(url, { finalCodes: [4321] });
    const there = await peer();
    const ended = event(socket, "state", ({ name }) => name === "closed" || name === "reconnecting");
    there.close(code, "because");
    const { name, reason, code: told } = await ended;
    assert.deepEqual([name, told], [end, code]);
    assert.match(reason, /^[A-Z].*\. It says: because$/, `${code}`);
    socket.close();
  }
});

test("the page can decide about a close itself", async () => {
  const { url, peer } = await server();
  const socket = open(url, { retry: ({ code, reason }) => (code === 1000 && reason === "moved" ? true : undefined) });
  (await peer()).close(1000, "moved");
  (await peer()).close(1000, "done");
  assert.equal((await state(socket, "closed")).reason, "The server ended the conversation. It says: done");
});

test("a refusal is told in Sockeye's words, and is final", async () => {
  const { url, asked } = await server(refuse("origin_refused", "pages of `https://evil.example` may not connect", 403));
  const socket = open(url);
  const refused = event(socket, "refused");
  const closed = await state(socket, "closed");
  assert.equal(closed.rule, "origin_refused");
  assert.equal(closed.status, 403);
  assert.equal(closed.reason, "pages of `https://evil.example` may not connect");
  assert.equal(closed.remedy, "do something about it");
  assert.equal((await refused).rule, "origin_refused");
  assert.equal(asked[0].accept, "application/vnd.sockeye.refusal");
});

test("a refusal for now is tried again, not before the server says so", async () => {
  let full = true;
  const { url, peer } = await server((request) =>
    full ? refuse("server_full", "10 connections are open", 503, { "retry-after": "1" })(request) : undefined,
  );
  const socket = open(url);
  const waiting = await state(socket, "reconnecting");
  assert.equal(waiting.rule, "server_full");
  assert.ok(waiting.at - Date.now() > 500, "Retry-After is kept");
  full = false;
  globalThis.dispatchEvent?.(new Event("online"));
  assert.equal(socket.state.name, "reconnecting");
  await peer();
});

test("what something in front answers is told as that", async () => {
  const { url } = await server(() => ({ status: 401, body: "<h1>Please sign in</h1>" }));
  const closed = await state(open(url), "closed");
  assert.equal(closed.reason, "Something in front of the endpoint answered 401.");
});

test("a server that is not there is tried until it is", async () => {
  const probe = await serve();
  await probe.stop();
  const socket = open(probe.url);
  const { reason } = await state(socket, "reconnecting");
  assert.equal(reason, "The server cannot be reached.");
  await server(undefined, probe.port);
  await state(socket, "live");
});

test("attempts can be bounded", async () => {
  const probe = await serve();
  await probe.stop();
  const socket = open(probe.url, { attempts: 3 });
  const closed = await state(socket, "closed");
  assert.equal(closed.reason, "The server cannot be reached. Gave up after 3 attempts.");
  assert.equal(socket.states.filter(({ name }) => name === "connecting").length, 4);
});

test("an attempt that gets no answer is given up", async () => {
  const { url } = await server(() => "silence");
  const socket = open(url, { connectTimeout: 50 });
  assert.match((await state(socket, "reconnecting")).reason, /did not answer within 0.05 s/);
});

test("a silent server is noticed by the heartbeat that it promised", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  const there = await peer();
  there.send({ sockeye: "heartbeat", every: 20 });
  const heard = [];
  socket.addEventListener("message", ({ detail }) => heard.push(detail));
  const { reason } = await state(socket, "reconnecting");
  assert.equal(reason, "The server is silent: it promised to say something every 0.02 s.");
  assert.deepEqual(heard, [], "a heartbeat is none of the page's messages");
  await peer();
});

test("a conversation resumes behind the last event, and tells of a gap", async () => {
  const { url, peer } = await server();
  const socket = open(`${url}/feed?room=1`, { resume: true });
  const first = await peer();
  assert.equal(first.url, "/feed?room=1");
  first.send({ position: "a-7", event: { text: "seven" } });
  assert.deepEqual(await event(socket, "message"), { text: "seven" });
  assert.equal(socket.position, "a-7");
  first.cut();
  const second = await peer();
  assert.equal(second.url, "/feed?room=1&position=a-7");
  const gap = event(socket, "gap");
  second.send({ sockeye: "gap", missed: 12, position: "b-3" });
  assert.deepEqual(await gap, { missed: 12 });
  assert.equal(socket.position, "b-3");
  const slow = event(socket, "gap");
  second.send({ position: "b-9", missed: 5, event: "nine" });
  assert.deepEqual(await slow, { missed: 5 });
});

test("a request has its response, or an error in words", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  const answer = socket.request({ do: "sum" });
  const there = await peer();
  const asked = JSON.parse(await there.next());
  assert.equal(asked.do, "sum");
  const other = event(socket, "message");
  there.send({ news: true });
  assert.deepEqual(await other, { news: true });
  there.send({ id: asked.id, sum: 3 });
  assert.deepEqual(await answer, { id: asked.id, sum: 3 });

  const failing = socket.request({ do: "fail" });
  const { id } = JSON.parse(await there.next());
  there.send({ id, error: { message: "no such thing" } });
  await assert.rejects(failing, /no such thing/);

  await assert.rejects(socket.request({ do: "wait" }, { timeout: 20 }), /no response within 20 ms/);

  const cut = socket.request({ do: "wait" });
  await there.next();
  await there.next();
  there.cut();
  await assert.rejects(cut, /connection was lost/);
});

test("a request that waits for a connection is sent on it", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  const first = await peer();
  first.cut();
  await state(socket, "reconnecting");
  const answer = socket.request({ do: "it" });
  const second = await peer();
  const { id } = JSON.parse(await second.next());
  second.send({ id, done: true });
  assert.equal((await answer).done, true);
});

test("a closed socket stays closed, and tells the server", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  await state(socket, "live");
  const there = await peer();
  socket.close(4001, "enough");
  assert.deepEqual([socket.state.name, socket.state.byPage], ["closed", true]);
  assert.equal(socket.send({}), false);
  await assert.rejects(socket.request({}), /closed|full/);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(there.code, 4001);
  assert.equal(socket.state.name, "closed");
  socket.reconnect();
  await peer();
});

test("a connection that is made anew ends the one before", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  await state(socket, "live");
  const before = await peer();
  const ended = once(before.stream, "close");
  socket.reconnect();
  await state(socket, "live");
  await peer();
  await ended;
  assert.equal(before.code, 1000);
});

test("an address or a subprotocol that is none is told, and not thrown at nobody", async () => {
  const socket = open("ws://127.0.0.1:9", { protocols: ["not valid"] });
  assert.match((await state(socket, "closed")).remedy, /Correct the address or the subprotocols/);
});

test("unknown codes have sentences, too", () => {
  assert.deepEqual(explainClose(3456), { code: 3456, temporary: true, reason: "The server closed with 3456.", remedy: undefined });
  assert.equal(explainClose(4777).reason, "The application closed the connection.");
});

test("the module has no dependency, and less than 6 KB compressed", () => {
  const source = readFileSync(new URL("../sockeye.js", import.meta.url), "utf8");
  assert.doesNotMatch(source, /^\s*import\b/m);
  assert.ok(gzipSync(source, { level: 9 }).length < 6 * 1024);
});
