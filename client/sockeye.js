// The browser's half of Sockeye: a WebSocket that reconnects, and that says in words what is wrong.
// One ES module without dependencies; `sockeye.d.ts` has its types and its documentation.

/** What a close code means, and whether connecting again can help. RFC 6455 section 7.4.1 and the registry of IANA. */
const CODES = {
  1000: ["The server ended the conversation.", false],
  1001: ["The server is going away, most often to restart.", true],
  1002: ["The server saw a violation of the WebSocket protocol.", false, "Look for a proxy that changes frames, and report it."],
  1003: ["The server does not accept messages of this kind (text or binary).", false, "Send the other kind."],
  1005: ["The server closed without a code.", true],
  1006: ["The connection was lost without a close frame.", true, "Check the network, and the proxies between."],
  1007: ["The server could not read a message of this page.", false, "Compare the message with what the endpoint decodes."],
  1008: ["The server's policy does not allow this connection.", false, "Sign in again, or send less."],
  1009: ["A message of this page was too big.", false, "Send smaller messages, or raise `max_message_size`."],
  1010: ["An extension was missing.", false],
  1011: ["The server failed while it served this connection.", true, "Look into the server's log."],
  1012: ["The server restarts.", true],
  1013: ["The server is overloaded, or this page was too slow.", true],
  1014: ["A gateway got a bad answer from the server.", true, "Look into the log of the proxy."],
  1015: ["The TLS handshake failed.", true, "Check the certificate."],
  3000: ["You are not signed in.", false, "Sign in again."],
  3003: ["You are not allowed to connect.", false],
  3008: ["The server waited too long for this page.", true],
};

/** Asks a Sockeye server what it would say to a handshake. A safelisted header, so no preflight goes before it. */
const EXPLAIN = "application/vnd.sockeye.refusal";
/** How late a timer may ring before the page must have slept, and how long it then has to read what arrived meanwhile. */
const SLEPT = 1000;

const page = globalThis.document;
const isHidden = () => page?.visibilityState === "hidden";
const isOffline = () => globalThis.navigator?.onLine === false;

export function explainClose(code, reason = "") {
  const known = CODES[code] ?? [code >= 4000 ? "The application closed the connection." : `The server closed with ${code}.`, true];
  const [sentence, temporary, remedy] = known;
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
  #lastCall = 0;
  #attempt = 0;
  /** Before this time the server does not want to be asked again. */
  #notBefore = 0;
  #every;
  #state = { name: "connecting" };
  #unlisten = [];
  /** Where the feed is: the position of the last event that came with one. */
  position;

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
      ...options,
      backoff: { first: 500, most: 30_000, stable: 5_000, ...options.backoff },
      queue: { size: 100, policy: "drop-oldest", ...options.queue },
    };
    this.#every = this.#options.heartbeat;
    this.position = this.#options.position;
    // After the caller has had the time to listen.
    queueMicrotask(() => this.#state.name === "connecting" && this.#open());
  }

  #listenToPage() {
    if (this.#unlisten.length) return;
    this.#listen(globalThis, "online", () => this.#hurry());
    this.#listen(page, "visibilitychange", () => isHidden() || this.#hurry());
    // A page in the back/forward cache may not keep a connection.
    this.#listen(globalThis, "pagehide", () => this.#pause());
    this.#listen(globalThis, "pageshow", (event) => event.persisted && this.#state.name !== "closed" && this.reconnect());
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
    const id = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(id, `no response within ${timeout} ms`), timeout);
      this.#calls.set(id, { resolve, reject, timer });
      if (!this.#transmit(this.#options.encode({ ...message, id }), id)) this.#fail(id, "the queue is full");
    });
  }

  /** Connects again at once, whatever the state: after `close`, after a refusal, or instead of waiting. */
  reconnect() {
    this.#attempt = 0;
    this.#drop("this page connects again")?.close(1000, "connects again");
    this.#open();
  }

  close(code = 1000, reason = "") {
    if (this.#state.name === "closed") return;
    const socket = this.#drop("this page closed the connection");
    socket?.close(code, reason);
    this.#empty();
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#become({ name: "closed", code, reason: "This page closed the connection.", byPage: true });
  }

  #listen(target, type, listener) {
    if (!target?.addEventListener) return;
    target.addEventListener(type, listener);
    this.#unlisten.push(() => target.removeEventListener(type, listener));
  }

  #tell(type, detail) {
    this.dispatchEvent(Object.assign(new Event(type), { detail }));
  }

  #become(state) {
    this.#state = state;
    this.#tell("state", state);
  }

  #timer(name, after, then) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = then && setTimeout(then, after);
  }

  #target() {
    const url = new URL(this.#url);
    if (this.position !== undefined) url.searchParams.set("position", this.position);
    return url;
  }

  #open() {
    this.#listenToPage();
    this.#timer("retry");
    this.#become({ name: "connecting", attempt: this.#attempt });
    const { WebSocket, protocols, connectTimeout } = this.#options;
    let socket;
    try {
      socket = new WebSocket(this.#target().href, protocols);
    } catch (error) {
      // A subprotocol that is none, or `ws:` on a page of `https:`.
      return this.#stop({ reason: error.message, remedy: "Correct the address or the subprotocols." });
    }
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    // Events of a socket that was given up are nobody's business any more.
    const on = (type, then) => socket.addEventListener(type, (event) => socket === this.#socket && then(event));
    this.#timer("open", connectTimeout, () => this.#lose(`The server did not answer within ${connectTimeout / 1000} s.`));
    let opened = false;
    on("open", () => {
      opened = true;
      this.#opened();
    });
    on("message", ({ data }) => this.#received(data));
    on("close", ({ code, reason }) => opened && this.#closed(code, reason));
    // Node up to version 20 has no `close` event for a handshake that failed, and every runtime has this one.
    on("error", () => opened || this.#refused(socket));
  }

  #opened() {
    this.#timer("open");
    this.#timer("stable", this.#options.backoff.stable, () => (this.#attempt = 0));
    this.#become({ name: "live", protocol: this.#socket.protocol });
    this.#watch();
    for (const { data } of this.#queue.splice(0)) this.#socket.send(data);
  }

  // Silence: a script sees no ping, so the server says something now and then (`heartbeat_message`).
  #watch() {
    if (!this.#every) return;
    const grace = this.#every + Math.max(this.#every / 2, 2000);
    const due = Date.now() + grace;
    this.#timer("silence", grace, () => {
      const silent = () => this.#lose(`The server is silent: it promised to say something every ${this.#every / 1000} s.`);
      // The page has slept, and what the server said meanwhile is still to be read.
      if (Date.now() - due > SLEPT) this.#timer("silence", SLEPT, silent);
      else silent();
    });
  }

  #received(data) {
    this.#watch();
    const said = typeof data === "string" && data.startsWith('{"sockeye":') && this.#control(data);
    if (said) return;
    let message;
    try {
      message = this.#options.decode(data);
    } catch (error) {
      return this.#tell("invalid", { data, error });
    }
    if (this.#options.resume && message?.position !== undefined) {
      this.position = message.position;
      // A page that was too slow for some of them.
      if (message.missed) this.#tell("gap", { missed: message.missed });
      message = message.event;
    }
    if (!this.#answered(message)) this.#tell("message", message);
  }

  /** What the server says to this module, and not to the page. */
  #control(data) {
    let said;
    try {
      said = JSON.parse(data);
    } catch {
      return false;
    }
    if (said.sockeye === "heartbeat") {
      this.#every = said.every;
      this.#watch();
    } else if (said.sockeye === "gap") {
      if (said.position !== undefined) this.position = said.position;
      this.#tell("gap", { missed: said.missed ?? undefined });
    }
    return true;
  }

  #answered(message) {
    const call = this.#settle(message?.id);
    if (!call) return false;
    if (message.error === undefined) call.resolve(message);
    else call.reject(new Error(message.error?.message ?? String(message.error)));
    return true;
  }

  #fail(id, why) {
    this.#settle(id)?.reject(new Error(why));
  }

  #transmit(data, id) {
    if (this.#state.name === "live") {
      this.#socket.send(data);
      return true;
    }
    const { size, policy } = this.#options.queue;
    if (this.#state.name === "closed") return false;
    if (this.#queue.length >= size) {
      const isNewest = policy === "drop-newest" || size < 1;
      this.#tell("dropped", { data: isNewest ? data : this.#queue[0].data });
      if (isNewest) return false;
      const { id } = this.#queue.shift();
      this.#fail(id, "the queue was full");
    }
    this.#queue.push({ data, id });
    return true;
  }

  #settle(id) {
    const call = this.#calls.get(id);
    clearTimeout(call?.timer);
    this.#calls.delete(id);
    return call;
  }

  /** Lets go of the connection without waiting for anyone, and gives it back. */
  #drop(why) {
    const socket = this.#socket;
    this.#socket = undefined;
    for (const name in this.#timers) this.#timer(name);
    const waiting = new Set(this.#queue.map(({ id }) => id));
    for (const id of this.#calls.keys()) if (!waiting.has(id)) this.#fail(id, why);
    return socket;
  }

  #empty() {
    this.#queue = [];
    for (const id of this.#calls.keys()) this.#fail(id, "the connection is closed");
  }

  #pause() {
    this.#drop("the page was left")?.close(1000, "left the page");
    if (this.#state.name !== "closed") this.#become({ name: "reconnecting", reason: "The page was left.", attempt: 0 });
  }

  #lose(reason, remedy) {
    const socket = this.#drop("the connection was lost");
    // A dead connection is not waited for, but a live one learns of it.
    socket?.close(4000, "given up");
    this.#retry({ reason, remedy });
  }

  #closed(code, reason) {
    const why = explainClose(code, reason);
    this.#drop("the connection was lost");
    const { finalCodes, retry } = this.#options;
    const again = retry?.({ code, reason }) ?? (why.temporary && !finalCodes.includes(code));
    if (again) this.#retry(why);
    else this.#stop(why);
  }

  #stop({ after, temporary, ...why }) {
    this.#empty();
    this.#become({ name: "closed", ...why });
  }

  #retry({ after = 0, temporary, ...why }) {
    const { attempts, backoff } = this.#options;
    if (this.#attempt >= attempts) {
      return this.#stop({ ...why, reason: `${why.reason} Gave up after ${attempts} attempts.` });
    }
    const most = Math.min(backoff.most, backoff.first * 2 ** this.#attempt++);
    const delay = Math.max(after, most * (0.5 + Math.random() / 2));
    this.#notBefore = Date.now() + after;
    this.#timer("retry", delay, () => this.#open());
    this.#become({ name: "reconnecting", ...why, attempt: this.#attempt, at: Date.now() + delay });
  }

  // Back online, or looked at again: the wait is over, except where the server asked for it.
  #hurry() {
    const isWaiting = this.#state.name === "reconnecting" && this.#timers.retry;
    if (isWaiting && !isOffline() && Date.now() >= this.#notBefore) this.#open();
  }

  // The browser does not tell a script why a handshake failed, so the same address is asked over `fetch`.
  async #refused(socket) {
    this.#timer("open");
    const why = isOffline() ? { temporary: true, reason: "This device is offline." } : await this.#ask();
    if (socket !== this.#socket) return;
    this.#drop("the connection was refused");
    const { after, temporary, ...told } = why;
    if (why.status) this.#tell("refused", told);
    if (why.temporary) this.#retry(why);
    else this.#stop(why);
  }

  async #ask() {
    const url = this.#target();
    url.protocol = url.protocol.replace("ws", "http");
    const ask = (credentials) =>
      this.#options.fetch(url, {
        headers: { Accept: EXPLAIN },
        credentials,
        cache: "no-store",
        signal: AbortSignal.timeout(this.#options.connectTimeout),
      });
    const unreachable = { temporary: true, reason: "The server cannot be reached.", remedy: "Check that it runs, and the network." };
    let response;
    try {
      // To a page that it refuses, a server shows its reason only without cookies.
      response = await ask("include").catch(() => ask("omit"));
      return explainResponse(response, await response.text());
    } catch {
      return unreachable;
    }
  }
}

export function explainResponse(response, body) {
  const { status, headers } = response;
  const [, rule, reason, remedy] =
    /^websocket handshake refused \[(\w+)\]: ([^\n]*)(?:\nhelp: ([^\n]*))?/.exec(body) ?? [];
  const after = 1000 * (Number(headers.get("retry-after")) || 0);
  const refusal = { status, rule: rule ?? headers.get("sockeye-rule") ?? undefined, after };
  const temporary = status >= 500 || status === 408 || status === 425 || status === 429;
  if (status < 300 && refusal.rule === undefined) {
    return { temporary: true, reason: "The handshake failed, though the server answers.", remedy: "Look for a proxy that does not pass WebSockets on." };
  }
  if (status === 426) return { temporary: true, reason: "The handshake failed, and the server does not say why." };
  if (refusal.rule === undefined) {
    return { ...refusal, temporary, reason: `Something in front of the endpoint answered ${status}.`, remedy: "Look at layers, proxies and the address." };
  }
  return { ...refusal, temporary, reason: reason ?? `The server refused the handshake (${refusal.rule}).`, remedy };
}
