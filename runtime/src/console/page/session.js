// One socket of this page, and what went over it. It stays open while other views are shown.

import { now, refresh, serverTime } from "./live.js";

/** How many messages are kept. */
const MOST = 1000;

const sessions = new Map();

/** The session of an endpoint. */
export function sessionOf(endpoint) {
  if (!sessions.has(endpoint.route)) sessions.set(endpoint.route, new Session(endpoint));
  return sessions.get(endpoint.route);
}

export class Session extends EventTarget {
  state = "closed";
  /** Newest last. */
  entries = [];
  /** How many are no longer kept. */
  dropped = 0;
  /** What the forms have, so that it is there again when the view comes back. */
  draft = {};
  #socket;
  #number = 0;

  constructor(endpoint) {
    super();
    this.endpoint = endpoint;
  }

  open(path, protocols) {
    const url = new URL(path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    let socket;
    try {
      socket = new WebSocket(url, protocols);
    } catch (error) {
      this.#note({ words: error.message, isFault: true });
      return;
    }
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const began = serverTime();
    let wasOpen = false;
    this.#become("connecting");
    socket.addEventListener("open", () => {
      wasOpen = true;
      this.#note({ words: socket.protocol ? `open, with the subprotocol ${socket.protocol}` : "open" });
      this.#become("open");
      refresh();
    });
    socket.addEventListener("message", ({ data }) => this.#add("in", data));
    socket.addEventListener("close", ({ code, reason }) => {
      if (this.#socket === socket) this.#become("closed");
      if (wasOpen) this.#ended(code, reason);
      else this.#refused(began);
    });
  }

  send(data) {
    this.#socket.send(data);
    this.#add("out", data);
  }

  close() {
    this.#socket?.close(1000);
    this.#become("closing");
  }

  clear() {
    this.entries = [];
    this.dropped = 0;
    this.#tell();
  }

  /** A script is not told why a handshake was refused; the server is. */
  async #refused(began) {
    await refresh();
    const { route } = this.endpoint;
    // The clocks are read at different moments.
    const refusal = now?.refusals.shown.find((one) => (one.route === route || one.route === null) && one.at >= began - 250);
    if (refusal) this.#note({ words: `refused with status ${refusal.status}`, ...refusal, isFault: true });
    else this.#note({ words: "the handshake failed, and the server has not refused it", isFault: true });
  }

  async #ended(code, reason) {
    const at = serverTime();
    const entry = this.#note({ words: [`closed with ${code}`, reason].filter(Boolean).join(": "), isFault: ![1000, 1001].includes(code) });
    await refresh();
    const end = now?.ends.shown.find((one) => one.route === this.endpoint.route && one.code === code && one.rule && Math.abs(one.at - at) < 2000);
    if (end) this.#replace(entry, { ...entry, words: `closed with ${code}`, rule: end.rule, reason: end.reason, remedy: end.remedy });
  }

  #become(state) {
    this.state = state;
    this.#tell();
  }

  #note(about) {
    return this.#push({ direction: "event", ...about });
  }

  #add(direction, data) {
    const isText = typeof data === "string";
    const bytes = isText ? new TextEncoder().encode(data).length : data.byteLength;
    return this.#push({ direction, kind: isText ? "text" : "binary", text: isText ? data : hex(data), bytes });
  }

  #push(entry) {
    this.#number += 1;
    const whole = { ...entry, number: this.#number, time: Date.now() };
    this.entries.push(whole);
    if (this.entries.length > MOST) {
      this.entries.shift();
      this.dropped += 1;
    }
    this.#tell();
    return whole;
  }

  #replace(entry, other) {
    const index = this.entries.indexOf(entry);
    if (index < 0) return;
    this.#number += 1;
    this.entries[index] = { ...other, number: this.#number };
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

export const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join(" ");

/** The bytes that are written as hexadecimal digits; `undefined` if they are not. */
export function bytesOf(text) {
  const digits = text.replaceAll(/\s|0x/g, "");
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) return undefined;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
