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
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
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
  assert.equal((await state(socket, "closed")).reason, "The server closed the connection normally. It says: done");
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

test("a refusal by a parameter of the handler has its words", async () => {
  const { url } = await server(() => ({
    status: 400,
    headers: { "sockeye-rule": "extractor_refused", "content-type": "text/plain; charset=utf-8" },
    body: "Failed to deserialize query string: missing field `lang`",
  }));
  const closed = await state(open(url), "closed");
  assert.equal(closed.rule, "extractor_refused");
  assert.equal(closed.reason, "Failed to deserialize query string: missing field `lang`");
});

test("what is no message is an exception", async () => {
  const { url } = await server();
  const socket = open(url);
  assert.throws(() => socket.send(undefined), TypeError);
  assert.throws(() => socket.request("text"), TypeError);
  assert.throws(() => socket.request({}, { timeout: NaN }), TypeError);
  assert.equal(socket.queued, 0);
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
  assert.equal(reason, "The server is silent: it should send a message every 0.02 s.");
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
  const unknown = event(socket, "gap");
  second.send({ position: "b-10", missed: null, event: "ten" });
  assert.deepEqual(await unknown, { missed: undefined });
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

  for (const [error, words] of [[7, /^Error: 7$/], [{ toString: 1, valueOf: 1 }, /^Error: failed$/], [{ message: { toString: 1 } }, /^Error: failed$/]]) {
    const failed = socket.request({ do: "fail" });
    there.send({ id: JSON.parse(await there.next()).id, error });
    await assert.rejects(failed, words);
  }
  const fine = socket.request({ do: "sum" });
  const question = JSON.parse(await there.next());
  there.send({ id: question.id, error: null });
  assert.deepEqual(await fine, { id: question.id, error: null });

  await assert.rejects(socket.request({ do: "wait" }, { timeout: 20 }), /no response within 20 ms/);
  const late = JSON.parse(await there.next());
  const next = event(socket, "message");
  there.send({ id: late.id, sum: 3 });
  there.send({ id: fine.id, news: "after the late answer" });
  assert.equal((await next).news, "after the late answer");

  const cut = socket.request({ do: "wait" });
  await there.next();
  there.cut();
  await assert.rejects(cut, /connection was lost/);
});

test("a request that the end of its connection overtakes is told why", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  const asked = socket.request({ do: "wait" });
  const there = await peer();
  await there.next();
  there.close(1007, "missing field `sum`");
  await assert.rejects(asked, /It says: missing field `sum`/);
  await assert.rejects(socket.request({ do: "more" }), /It says: missing field `sum`/);
});

test("a call of the server has what the page returns, or throws", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  socket.onCall = async (question) => {
    if (question.do === "fail") throw Error("no such thing");
    return question.do === "note" ? undefined : { sum: question.left + question.right };
  };
  const there = await peer();
  const heard = [];
  socket.addEventListener("message", ({ detail }) => heard.push(detail));
  const asked = async (question) => {
    there.send(question);
    return JSON.parse(await there.next());
  };
  assert.deepEqual(await asked({ left: 1, right: 2, id: "sockeye-1" }), { sum: 3, id: "sockeye-1" });
  assert.deepEqual(await asked({ do: "fail", id: "sockeye-2" }), { error: "no such thing", id: "sockeye-2" });
  assert.deepEqual(await asked({ do: "note", id: "sockeye-3" }), { id: "sockeye-3" });
  assert.deepEqual(heard, []);

  for (const id of [7, ["sockeye-1"], { toString: 1 }]) {
    there.send({ news: true, id });
    assert.deepEqual(await event(socket, "message"), { news: true, id });
  }
  socket.onCall = undefined;
  there.send({ do: "it", id: "sockeye-4" });
  assert.deepEqual(await event(socket, "message"), { do: "it", id: "sockeye-4" });
});

test("an answer is not sent on another connection than the call", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  let answer;
  const called = new Promise((resolve) => {
    socket.onCall = () => new Promise((then) => resolve((answer = then)));
  });
  const first = await peer();
  first.send({ id: "sockeye-1" });
  await called;
  socket.reconnect();
  const second = await peer();
  await state(socket, "live");
  answer({ sum: 3 });
  await pause(20);
  socket.send({ last: true });
  assert.deepEqual(JSON.parse(await second.next()), { last: true });
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

test("a connection that is begun anew in the same moment is one", async () => {
  const started = await server();
  const socket = open(started.url);
  for (let n = 0; n < 3; n++) socket.reconnect();
  await state(socket, "live");
  await pause(50);
  assert.equal(started.open, 1);
  socket.close();
  await pause(50);
  assert.equal(started.open, 0);
});

test("a long wait is no storm", async () => {
  const nextCentury = "Thu, 21 Oct 2100 07:28:00 GMT";
  for (const [header, least] of [["2592000", 2_591_000_000], ["9".repeat(400), Infinity], [nextCentury, 2 ** 40]]) {
    const started = await server(refuse("server_full", "full", 503, { "retry-after": header }));
    const socket = open(started.url);
    const { at } = await state(socket, "reconnecting");
    assert.ok(at - Date.now() >= least, header);
    await pause(60);
    globalThis.dispatchEvent?.(new Event("online"));
    await pause(20);
    assert.equal(started.handshakes.length, 1, header);
  }
});

test("a `Retry-After` that is none leaves the usual wait", async () => {
  for (const header of ["Infinity", "1e300", "-5", "soon"]) {
    const started = await server(refuse("server_full", "full", 503, { "retry-after": header }));
    const { at } = await state(open(started.url), "reconnecting");
    assert.ok(at - Date.now() <= 40, header);
  }
});

test("waits can be infinite, and options that are undefined are the defaults", async () => {
  const { url, peer } = await server();
  const socket = open(url, { connectTimeout: Infinity, heartbeat: Infinity, decode: undefined, fetch: undefined, queue: { size: undefined } });
  const answer = socket.request({ do: "it" }, { timeout: Infinity });
  const there = await peer();
  const { id } = JSON.parse(await there.next());
  await pause(20);
  there.send({ id, done: true });
  assert.equal((await answer).done, true);
  assert.deepEqual(socket.states.map(({ name }) => name), ["connecting", "live"]);

  const down = await serve();
  await down.stop();
  const patient = open(down.url, { attempts: undefined, connectTimeout: undefined, backoff: { first: undefined, most: undefined } });
  const { at } = await state(patient, "reconnecting");
  assert.ok(at - Date.now() > 100, "500 ms by default");
});

test("a listener can close, whatever it is told", async () => {
  const refusing = refuse("server_full", "full", 503);
  for (const [type, name, answer] of [["refused", undefined, refusing], ["state", "connecting"], ["state", "live"], ["state", "reconnecting", refusing]]) {
    const started = await server(answer);
    const socket = open(started.url, { heartbeat: 10 });
    socket.addEventListener(type, ({ detail }) => detail.name === name && socket.close());
    assert.equal((await state(socket, "closed")).byPage, true);
    await pause(100);
    assert.equal(socket.states.at(-1).byPage, true, `${type} ${name}`);
    assert.equal(started.open, 0, `${type} ${name}`);
    assert.ok(started.handshakes.length <= 1, `${type} ${name}`);
  }
});

test("a listener of `gap` or `dropped` can close, too", async () => {
  const { url, peer } = await server();
  const socket = open(url, { resume: true });
  socket.addEventListener("gap", () => socket.close());
  socket.addEventListener("message", () => assert.fail("told after the close"));
  (await peer()).send({ position: "a", missed: 1, event: {} });
  await state(socket, "closed");

  const full = open("ws://127.0.0.1:9", { queue: { size: 1 } });
  full.addEventListener("dropped", () => full.close());
  full.send(1);
  full.send(2);
  assert.deepEqual([full.state.name, full.queued], ["closed", 0]);
});

test("a page can sign in again in `refused`, and connect", async () => {
  let signedIn = false;
  const { url, peer } = await server((request) => (signedIn ? undefined : refuse("handler_refused", "sign in", 401)(request)));
  const socket = open(url);
  socket.addEventListener("refused", () => {
    signedIn = true;
    socket.reconnect();
  });
  socket.send({ kept: true });
  assert.equal(await (await peer()).next(), '{"kept":true}');
  assert.deepEqual(socket.states.map(({ name }) => name), ["connecting", "connecting", "live"]);
});

test("the interval of a heartbeat ends with its connection", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  const first = await peer();
  first.send({ sockeye: "heartbeat", every: 20 });
  first.close(1012);
  await peer();
  await state(socket, "live");
  await pause(2300);
  assert.deepEqual(socket.states.map(({ name }) => name), ["connecting", "live", "reconnecting", "connecting", "live"]);
});

test("a message that takes longer than the grace arrives at last", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  const arrived = event(socket, "message");
  for (const after of [2500, 2500]) {
    const there = await peer();
    there.send({ sockeye: "heartbeat", every: 20 });
    setTimeout(() => there.send({ long: true }), after);
  }
  assert.deepEqual(await arrived, { long: true });
  assert.equal(socket.states.filter(({ name }) => name === "reconnecting").length, 1);
});

test("texts of other users that look like control messages disconnect no one", async (t) => {
  const { url, peer } = await server();
  const socket = open(url);
  const there = await peer();
  const every = (every) => there.send(`{"sockeye":"heartbeat","every":${every}}`);
  for (const wrong of ["-1", "0", "1e99", "1e400", "2592000000", "null", '"20"', "{}", "[]"]) every(wrong);
  every(60_000);
  every(20);
  there.send('{"sockeye":{"__proto__":1}}');
  there.send('{"sockeye":"gap","missed":"x","position":{"a":1}}');
  assert.deepEqual(await event(socket, "gap"), { missed: undefined });
  assert.equal(socket.position, undefined);

  const late = open(url);
  const other = await peer();
  await state(late, "live");
  const now = Date.now;
  t.mock.method(Date, "now", () => now() + 11_000);
  other.send({ sockeye: "heartbeat", every: 20 });
  await pause(2300);
  for (const { states } of [socket, late]) assert.deepEqual(states.map(({ name }) => name), ["connecting", "live"]);
});

test("a position is a text", async () => {
  const { url, peer } = await server();
  const socket = open(url, { resume: true });
  const there = await peer();
  there.send({ position: { a: 1 }, event: 1 });
  assert.deepEqual(await event(socket, "message"), { position: { a: 1 }, event: 1 });
  there.cut();
  assert.equal((await peer()).url, "/");
});

test("the answer to a question without subprotocols is not final for a handshake with them", async () => {
  const refused = (rule) => (request) => (request.headers.upgrade ? { status: 401 } : refuse(rule, "no token", 401)(request));
  for (const [rule, end] of [["handler_refused", "reconnecting"], ["another_rule", "reconnecting"], ["origin_refused", "closed"]]) {
    const { url } = await server(refused(rule));
    const socket = open(url, { protocols: ["v1", "token.abc"] });
    assert.equal((await event(socket, "state", ({ name }) => name !== "connecting")).name, end, rule);
    socket.close();
  }
});

test("an answer without cookies is believed about the origin and the host", async () => {
  for (const [rule, end] of [["handler_refused", "reconnecting"], ["origin_refused", "closed"], ["host_refused", "closed"], ["unknown_route", "closed"]]) {
    const { url } = await server(refuse(rule, "no", 401));
    const unreadable = (url, options) => (options.credentials === "include" ? Promise.reject(new TypeError("CORS")) : fetch(url, options));
    const socket = open(url, { fetch: unreadable });
    const refused = [];
    socket.addEventListener("refused", ({ detail }) => refused.push(detail.rule));
    assert.equal((await event(socket, "state", ({ name }) => name !== "connecting")).name, end, rule);
    assert.deepEqual(refused, end === "closed" ? [rule] : []);
    socket.close();
  }
});

test("a close that is not allowed changes nothing", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  await state(socket, "live");
  for (const code of [1001, 2999, 5000, NaN]) assert.throws(() => socket.close(code), { name: "InvalidAccessError" }, `${code}`);
  assert.throws(() => socket.close(4000, "ü".repeat(62)), { name: "SyntaxError" });
  assert.equal(socket.state.name, "live");
  assert.equal(socket.send({ still: "here" }), true);
  assert.equal(await (await peer()).next(), '{"still":"here"}');
});

test("a `retry` that throws is reported, and the table decides", async (t) => {
  const { url, peer } = await server();
  const reported = [];
  const own = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  t.after(() => own.forEach((listener) => process.on("uncaughtException", listener)));
  process.once("uncaughtException", (error) => reported.push(error.message));
  const socket = open(url, {
    retry() {
      throw new Error("mine");
    },
  });
  (await peer()).close(1012);
  assert.equal((await state(socket, "reconnecting")).code, 1012);
  await peer();
  assert.deepEqual(reported, ["mine"]);
});

test("a socket that is closed for good listens to the page no longer", async (t) => {
  let listening = 0;
  const { addEventListener, removeEventListener } = globalThis;
  Object.assign(globalThis, { addEventListener: () => listening++, removeEventListener: () => listening-- });
  t.after(() => Object.assign(globalThis, { addEventListener, removeEventListener }));
  const { url, peer } = await server();
  const socket = open(url);
  const there = await peer();
  assert.equal(listening, 3);
  there.close(1000);
  await state(socket, "closed");
  assert.equal(listening, 0);
  socket.reconnect();
  assert.equal(listening, 3);
  socket.close();
  assert.equal(listening, 0);
});

test("a long answer to the question is not read to its end", async () => {
  let pulled = 0;
  let cancelled = false;
  const body = new ReadableStream({
    pull(stream) {
      pulled++;
      stream.enqueue(new Uint8Array(1024).fill(97));
    },
    cancel: () => (cancelled = true),
  });
  const { url } = await server(() => ({ status: 403 }));
  await state(open(url, { fetch: async () => new Response(body, { status: 403 }) }), "closed");
  assert.ok(pulled < 10, `${pulled} KB`);
  assert.equal(cancelled, true);
});

test("an event with a number as its id answers no request", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  const answer = socket.request({ do: "it" });
  const there = await peer();
  const { id } = JSON.parse(await there.next());
  assert.match(id, /^c-\w*-1$/);
  there.send({ id: 1, text: "hi" });
  assert.deepEqual(await event(socket, "message"), { id: 1, text: "hi" });
  there.send({ id, done: true });
  assert.equal((await answer).done, true);
});

test("a request that no one waits for is not sent later", async () => {
  const { url, peer } = await server();
  const socket = open(url);
  const first = await peer();
  first.cut();
  await state(socket, "reconnecting");
  await assert.rejects(socket.request({ do: "late" }, { timeout: 0 }), /no response/);
  assert.equal(socket.queued, 0);
  const circle = {};
  circle.circle = circle;
  await assert.rejects(socket.request(circle), TypeError);
});

test("what is sent while the connection closes goes over the next one", async () => {
  class Closing extends WebSocket {
    get readyState() {
      return isClosing ? 2 : super.readyState;
    }
  }
  let isClosing = false;
  const { url, peer } = await server();
  const socket = open(url, { WebSocket: Closing });
  await state(socket, "live");
  const first = await peer();
  isClosing = true;
  assert.equal(socket.send({ n: 1 }), true);
  assert.equal(socket.queued, 1);
  isClosing = false;
  first.close(1012);
  assert.equal(await (await peer()).next(), '{"n":1}');
});

test("a page that is looked at again and again does not hurry each time", async (t) => {
  const listeners = [];
  const { addEventListener, removeEventListener } = globalThis;
  Object.assign(globalThis, { addEventListener: (type, listener) => type === "online" && listeners.push(listener), removeEventListener() {} });
  t.after(() => Object.assign(globalThis, { addEventListener, removeEventListener }));
  const started = await server(refuse("server_full", "full", 503));
  const socket = open(started.url, { backoff: { first: 60_000, most: 120_000 } });
  await state(socket, "reconnecting");
  for (let n = 0; n < 20; n++) {
    for (const listener of listeners) listener();
    await pause(2);
  }
  assert.equal(started.handshakes.length, 1);
});

test("an invalid address or subprotocol is reported in the state, and not thrown", async () => {
  const socket = open("ws://127.0.0.1:9", { protocols: ["not valid"] });
  assert.match((await state(socket, "closed")).remedy, /Correct the address or the subprotocols/);
  const lacking = open("ws://127.0.0.1:9", { WebSocket: null });
  assert.match((await state(lacking, "closed")).remedy, /in Node 20, pass `WebSocket`/);
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
