// The browser client of Sockeye. `sockeye.d.ts` has the types and the documentation.

/** What a close code means, and whether connecting again can help (RFC 6455 section 7.4.1, IANA). */
const CODES = {
  1000: ["The server closed the connection normally.", false],
  1001: ["The server ended this connection, usually to restart.", true],
  1002: ["The server saw a violation of the WebSocket protocol.", false, "Look for a proxy that changes frames."],
  1003: ["The server does not accept messages of this kind (text or binary).", false, "Send the other kind."],
  1005: ["The server closed without a code.", true],
  1006: ["The connection was lost without a close frame.", true, "Check the network, and any proxies in between."],
  1007: ["The server could not read a message from this page.", false, "Compare it with what the endpoint decodes."],
  1008: ["The server's policy does not allow this connection.", false, "Sign in again, or send less."],
  1009: ["A message from this page was too big.", false, "Send smaller messages, or raise `max_message_size`."],
  1010: ["An extension was missing.", false],
  1011: ["The server failed while it served this connection.", true, "Check the server's log."],
  1012: ["The server is restarting.", true],
  1013: ["The server is overloaded, or this page was too slow.", true],
  1014: ["A gateway got a bad answer from the server.", true, "Check the proxy's log."],
  3000: ["You are not signed in.", false, "Sign in again."],
  3003: ["You are not allowed to connect.", false],
  3008: ["The server waited too long for this page.", true],
};

/** Asks how a handshake would be answered, without a preflight. */
const EXPLAIN = "application/vnd.sockeye.refusal";
/** How late a timer fires if the page was suspended, and the extra time to read after that. */
const SLEPT = 1000;
/** With a longer wait `setTimeout` fires immediately. */
const LONGEST = 2 ** 31 - 1;
/** These refusals also apply to the handshake if the question lacks its cookies, or its subprotocols, which may contain a token. */
const SHARED = /^((origin|host)_refused|unknown_route)$/;
const UNEXPLAINED = { temporary: true, reason: "The handshake failed, and the server does not say why." };

const page = globalThis.document;
const isHidden = () => page?.visibilityState === "hidden";
const isOffline = () => globalThis.navigator?.onLine === false;

function ring(timers, name, after, then) {
  clearTimeout(timers[name]);
  const isLong = !(after <= LONGEST);
  timers[name] = then && setTimeout(isLong ? () => ring(timers, name, after - LONGEST, then) : then, isLong ? LONGEST : after);
}

const given = (options) => Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined));

const words = (error, text = error?.message ?? error) => (Object(text) === text ? "failed" : String(text));

const begins = (text, start) => typeof text === "string" && text.startsWith(start);

const graceOf = (every) => every + Math.max(every / 2, 2000);

export function explainClose(code, reason = "") {
  const [sentence, temporary, remedy] = CODES[code] ?? [code >= 4000 ? "The application closed the connection." : `The server closed with ${code}.`, true];
  return { code, temporary, reason: reason ? `${sentence} It says: ${reason}` : sentence, remedy };
}

export function connect(url, options) {
  return new SockeyeSocket(url, options);
}

export class SockeyeSocket extends EventTarget {
  #url;
  #options;
  #socket;
  #timers = {};
  #queue = [];
  #calls = new Map();
  #prefix = `c-${Math.random().toString(36).slice(2, 8)}-`;
  #lastCall = 0;
  #attempt = 0;
  /** No attempt before this time. */
  #notBefore = 0;
  #every;
  #openedAt;
  #heardAt;
  #patience = 1;
  #state = { name: "connecting", attempt: 0 };
  #unlisten = [];
  position;
  onCall;

  constructor(url, options = {}) {
    super();
    this.#url = new URL(url, page?.baseURI ?? globalThis.location?.href);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    this.#url.hash = "";
    this.#options = {
      protocols: [],
      encode: JSON.stringify,
      decode: (data) => (typeof data === "string" ? JSON.parse(data) : data),
      finalCodes: [],
      attempts: Infinity,
      connectTimeout: 10_000,
      WebSocket: globalThis.WebSocket,
      fetch: globalThis.fetch?.bind(globalThis),
      ...given(options),
      backoff: { first: 500, most: 30_000, stable: 5_000, ...given(options.backoff) },
      queue: { size: 100, policy: "drop-oldest", ...given(options.queue) },
    };
    this.position = this.#options.position;
    // Lets the caller add listeners first.
    const state = this.#state;
    queueMicrotask(() => this.#state === state && this.#open());
  }

  #listenToPage() {
    if (this.#unlisten.length) return;
    this.#listen(globalThis, "online", () => this.#hurry());
    this.#listen(page, "visibilitychange", () => isHidden() || this.#hurry());
    // A page in the back/forward cache may not keep a connection.
    this.#listen(globalThis, "pagehide", () => this.#pause());
    this.#listen(globalThis, "pageshow", (event) => event.persisted && this.reconnect());
  }

  get url() {
    return this.#url.href;
  }

  get state() {
    return this.#state;
  }

  get queued() {
    return this.#queue.length;
  }

  send(message) {
    return this.#transmit(this.#options.encode(message));
  }

  request(message, { timeout = 10_000 } = {}) {
    if (Object(message) !== message || !(timeout >= 0)) throw TypeError("no object or timeout");
    const id = this.#prefix + ++this.#lastCall;
    return new Promise((resolve, reject) => {
      const data = this.#options.encode({ ...message, id });
      const call = { resolve, reject };
      this.#calls.set(id, call);
      ring(call, "timer", timeout, () => {
        this.#queue = this.#queue.filter((waiting) => waiting.id !== id);
        this.#fail(id, `no response within ${timeout} ms`);
      });
      if (!this.#transmit(data, id)) this.#fail(id, this.#state.reason);
    });
  }

  reconnect() {
    this.#attempt = 0;
    this.#drop("this page connects again")?.close(1000, "connects again");
    this.#open();
  }

  close(code = 1000, reason = "") {
    if (code !== 1000 && !(code >= 3000 && code < 5000)) throw new DOMException(`code ${code} is not 1000 or 3000 to 4999`, "InvalidAccessError");
    if (new TextEncoder().encode(reason).length > 123) throw new DOMException("the reason is too long", "SyntaxError");
    if (this.#state.name === "closed") return;
    const why = "This page closed the connection.";
    this.#drop(why)?.close(code, reason);
    this.#empty(why);
    this.#become({ name: "closed", code, reason: why, byPage: true });
  }

  #listen(target, type, listener) {
    if (!target?.addEventListener) return;
    target.addEventListener(type, listener);
    this.#unlisten.push(() => target.removeEventListener(type, listener));
  }

  #tell(type, detail) {
    this.dispatchEvent(Object.assign(new Event(type), { detail }));
  }

  /** `false` if a listener has closed or reconnected. */
  #become(state) {
    this.#state = state;
    this.#tell("state", state);
    return this.#state === state;
  }

  #timer(name, after, then) {
    ring(this.#timers, name, after, then);
  }

  #target() {
    const url = new URL(this.#url);
    if (this.position !== undefined) url.searchParams.set("position", this.position);
    return url;
  }

  #open() {
    this.#listenToPage();
    this.#timer("retry");
    this.#every = this.#options.heartbeat;
    this.#heardAt = undefined;
    if (!this.#become({ name: "connecting", attempt: this.#attempt })) return;
    const { WebSocket, protocols, connectTimeout } = this.#options;
    let socket;
    try {
      socket = new WebSocket(this.#target().href, protocols);
    } catch (error) {
      // Such as `ws:` on a page of `https:`.
      return this.#stop({ reason: error.message, remedy: "Correct the address or the subprotocols; in Node 20, pass `WebSocket`." });
    }
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    // Ignore the events of a socket that was given up.
    const on = (type, then) => socket.addEventListener(type, (event) => socket === this.#socket && then(event));
    this.#timer("open", connectTimeout, () => this.#lose(`The server did not answer within ${connectTimeout / 1000} s.`));
    let opened = false;
    on("open", () => {
      opened = true;
      this.#opened();
    });
    on("message", ({ data }) => this.#received(data));
    on("close", ({ code, reason }) => opened && this.#closed(code, reason));
    // Node 20 has no `close` event for a failed handshake.
    on("error", () => opened || this.#refused(socket));
  }

  #opened() {
    this.#timer("open");
    this.#timer("stable", this.#options.backoff.stable, () => (this.#attempt = 0));
    this.#openedAt = Date.now();
    if (!this.#become({ name: "live", protocol: this.#socket.protocol })) return;
    this.#watch();
    while (this.#queue.length) this.#socket.send(this.#queue.shift().data);
  }

  // Scripts cannot see pings.
  #watch() {
    if (!this.#every) return;
    const grace = graceOf(this.#every) * this.#patience;
    const due = Date.now() + grace;
    this.#timer("silence", grace, () => {
      const silent = () => {
        // A long message would never arrive otherwise.
        this.#patience = Math.min(2 * this.#patience, 16);
        this.#lose(`The server is silent: it should send a message every ${this.#every / 1000} s.`);
      };
      // After a suspension, messages may have arrived but not been read yet.
      if (Date.now() - due > SLEPT) this.#timer("silence", SLEPT, silent);
      else silent();
    });
  }

  #received(data) {
    const now = Date.now();
    // In time. A first message does not show an interval.
    if (now - this.#heardAt <= graceOf(this.#every)) this.#patience = 1;
    this.#heardAt = now;
    this.#watch();
    if (begins(data, '{"sockeye":') && this.#control(data)) return;
    let message;
    try {
      message = this.#options.decode(data);
    } catch (error) {
      return this.#tell("invalid", { data, error });
    }
    if (this.#options.resume && typeof message?.position === "string" && "event" in message) {
      this.position = message.position;
      const state = this.#state;
      if ("missed" in message) this.#tell("gap", { missed: +message.missed || undefined });
      if (this.#state !== state) return;
      message = message.event;
    }
    const id = message?.id;
    const call = this.#settle(id);
    if (call) message.error == null ? call.resolve(message) : call.reject(new Error(words(message.error)));
    else if (this.onCall && begins(id, "sockeye-")) this.#answer(message);
    // Not late.
    else if (!begins(id, this.#prefix)) this.#tell("message", message);
  }

  async #answer({ id, ...question }) {
    const socket = this.#socket;
    const answer = (message) => socket === this.#socket && socket.send(this.#options.encode({ ...message, id }));
    try {
      answer(await this.onCall(question));
    } catch (error) {
      answer({ error: words(error) });
    }
  }

  #control(data) {
    let said;
    try {
      said = JSON.parse(data);
    } catch {
      return false;
    }
    const { sockeye, every, missed, position } = said;
    if (sockeye === "heartbeat") {
      // Later messages may contain the text of a user.
      const isNew = Date.now() - this.#openedAt < 10_000 && this.#options.heartbeat !== 0;
      if (isNew && Number.isFinite(every) && every >= 1 && every <= LONGEST / 1.5) {
        this.#openedAt = undefined;
        this.#every = every;
        this.#watch();
      }
    } else if (sockeye === "gap") {
      if (this.#options.resume && typeof position === "string") this.position = position;
      this.#tell("gap", { missed: +missed || undefined });
    }
    return true;
  }

  #fail(id, why) {
    this.#settle(id)?.reject(new Error(why));
  }

  #transmit(data, id) {
    if (data === undefined) throw TypeError("no message");
    // A socket that is closing would lose it.
    if (this.#state.name === "live" && this.#socket.readyState === 1) {
      this.#socket.send(data);
      return true;
    }
    const { size, policy } = this.#options.queue;
    if (this.#state.name === "closed") return false;
    const waiting = { data, id };
    if (this.#queue.length < size) return !!this.#queue.push(waiting);
    const isNewest = policy === "drop-newest" || size < 1;
    if (!isNewest) this.#queue.push(waiting);
    const dropped = isNewest ? waiting : this.#queue.shift();
    this.#fail(dropped.id, "the queue was full");
    this.#tell("dropped", { data: dropped.data });
    return !isNewest;
  }

  #settle(id) {
    const call = this.#calls.get(id);
    clearTimeout(call?.timer);
    this.#calls.delete(id);
    return call;
  }

  #drop(why) {
    const socket = this.#socket;
    this.#socket = undefined;
    for (const name in this.#timers) this.#timer(name);
    const waiting = new Set(this.#queue.map(({ id }) => id));
    for (const id of this.#calls.keys()) if (!waiting.has(id)) this.#fail(id, why);
    return socket;
  }

  #empty(why) {
    this.#queue = [];
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    for (const id of this.#calls.keys()) this.#fail(id, why);
  }

  #pause() {
    this.#drop("the page was left")?.close(1000, "left the page");
    this.#become({ name: "reconnecting", reason: "The page was left.", attempt: 0 });
  }

  #lose(reason, remedy) {
    this.#drop(reason)?.close(4000, "given up");
    this.#retry({ reason, remedy });
  }

  #closed(code, reason) {
    const why = explainClose(code, reason);
    this.#drop(why.reason);
    const { finalCodes, retry } = this.#options;
    const state = this.#state;
    let again;
    try {
      again = retry?.({ code, reason });
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
    if (this.#state !== state) return;
    if (again ?? (why.temporary && !finalCodes.includes(code))) this.#retry(why);
    else this.#stop(why);
  }

  #stop({ after, temporary, ...why }) {
    this.#empty(why.reason);
    this.#become({ name: "closed", ...why });
  }

  #retry({ after = 0, temporary, ...why }) {
    const { attempts, backoff } = this.#options;
    if (this.#attempt >= attempts) {
      return this.#stop({ ...why, reason: `${why.reason} Gave up after ${attempts} attempts.` });
    }
    const most = Math.min(backoff.most, backoff.first * 2 ** Math.min(this.#attempt++, 30));
    const delay = Math.max(after, most * (0.5 + Math.random() / 2));
    // A page can become visible many times a second.
    this.#notBefore = Date.now() + Math.max(after, Math.min(delay, backoff.first));
    this.#timer("retry", delay, () => this.#open());
    this.#become({ name: "reconnecting", ...why, attempt: this.#attempt, at: Date.now() + delay });
  }

  #hurry() {
    const isWaiting = this.#state.name === "reconnecting" && this.#timers.retry;
    if (isWaiting && !isOffline()) this.#timer("retry", Math.max(0, this.#notBefore - Date.now()), () => this.#open());
  }

  // A script does not learn why a handshake failed, so it asks over `fetch`.
  async #refused(socket) {
    this.#timer("open");
    const why = isOffline() ? { temporary: true, reason: "This device is offline." } : await this.#ask();
    if (socket !== this.#socket) return;
    this.#drop(why.reason);
    const { after, temporary, ...told } = why;
    const state = this.#state;
    if (why.status) this.#tell("refused", told);
    if (this.#state !== state) return;
    if (temporary) this.#retry(why);
    else this.#stop(why);
  }

  async #ask() {
    const url = this.#target();
    url.protocol = url.protocol.replace("ws", "http");
    const { fetch, connectTimeout, protocols } = this.#options;
    const ask = (credentials) =>
      fetch(url, {
        headers: { Accept: EXPLAIN },
        credentials,
        cache: "no-store",
        signal: AbortSignal.timeout(Math.min(connectTimeout, 30_000)),
      });
    try {
      const first = await ask("include").catch(() => {});
      // Without cookies a refused page may read the reason, but they may be what is missing.
      const response = first ?? (await ask("omit"));
      const why = explainResponse(response, await beginning(response));
      if (!first && !why.temporary && !SHARED.test(why.rule)) return UNEXPLAINED;
      return protocols.length && !SHARED.test(why.rule) ? { ...why, temporary: true } : why;
    } catch {
      return { temporary: true, reason: "The server cannot be reached.", remedy: "Check that the server is running, and check the network." };
    }
  }
}

async function beginning(response) {
  const reader = response.body?.getReader();
  if (!reader) return response.text();
  const decoder = new TextDecoder();
  let text = "";
  while (text.length < 4096) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
  reader.cancel().catch(() => {});
  return text;
}

/** `Retry-After` in milliseconds: seconds, or a date (RFC 9110 section 10.2.3). */
function waitOf(value) {
  const after = /^\d+$/.test(value) ? 1000 * value : Date.parse(value) - Date.now();
  return after > 0 ? after : 0;
}

export function explainResponse(response, body) {
  const { status, headers } = response;
  const [, rule, reason, remedy] =
    /^websocket handshake refused \[(\w+)\]: ([^\n]*)(?:\nhelp: ([^\n]*))?/.exec(body) ?? [];
  const after = waitOf(headers.get("retry-after"));
  const refusal = { status, rule: rule ?? headers.get("sockeye-rule") ?? undefined, after };
  const temporary = status >= 500 || [408, 425, 429].includes(status);
  if (status < 300 && refusal.rule === undefined) {
    return { temporary: true, reason: "The handshake failed, although the server responds.", remedy: "Look for a proxy that does not forward WebSockets." };
  }
  if (status === 426) return UNEXPLAINED;
  if (refusal.rule === undefined) {
    return { ...refusal, temporary, reason: `Something in front of the endpoint answered ${status}.`, remedy: "Check the layers, the proxies and the address." };
  }
  const [words] = body.split("\n");
  return { ...refusal, temporary, reason: reason || words || `The server refused the handshake (${refusal.rule}).`, remedy };
}
