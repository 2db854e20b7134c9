// One socket of this page, and what went over it. It stays open while other views are shown.

import { now, refresh, serverTime } from "./live.js";

/** How many messages are kept, and how many characters of them in all. */
const MOST = 1000;
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** How many bytes of a binary message are kept. */
const MOST_BYTES = 16 * 1024;

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
  #characters = 0;
  /** What the forms have, so that it is there again when the view comes back. */
  draft = {};
  #socket;
  #number = 0;

  constructor(endpoint) {
    super();
    this.endpoint = endpoint;
  }

  open(url, protocols) {
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
      const isCancelled = !wasOpen && this.state === "closing";
      if (this.#socket === socket) this.#become("closed");
      if (wasOpen) this.#ended(code, reason);
      else if (isCancelled) this.#note({ words: "cancelled" });
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
    this.#characters = 0;
    this.#tell();
  }

  /** A script is not told why a handshake was refused; the server is. */
  async #refused(began) {
    await refresh();
    const { route } = this.endpoint;
    // The clocks are read at different moments.
    const own = now?.refusals.shown.filter((one) => one.client === now.client && one.at >= began - 250) ?? [];
    const refusal = own.find((one) => one.route === route) ?? own.find((one) => one.route === null);
    if (refusal) this.#note({ words: `refused with status ${refusal.status}`, ...refusal, isFault: true });
    else this.#note({ words: "the handshake failed, and the server has not refused it", isFault: true });
  }

  async #ended(code, reason) {
    const at = serverTime();
    const entry = this.#note({ words: [code === 1006 ? "ended without a close frame" : `closed with ${code}`, reason].filter(Boolean).join(": "), isFault: ![1000, 1001].includes(code) });
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
    if (typeof data === "string") return this.#push({ direction, kind: "text", text: data, bytes: new TextEncoder().encode(data).length });
    const kept = data.slice(0, MOST_BYTES);
    return this.#push({ direction, kind: "binary", text: hex(kept), bytes: data.byteLength, kept: kept.byteLength });
  }

  #push(entry) {
    this.#number += 1;
    const whole = { ...entry, number: this.#number, time: Date.now() };
    this.entries.push(whole);
    this.#characters += lengthOf(whole);
    while (this.entries.length > MOST || (this.#characters > MOST_CHARACTERS && this.entries.length > 1)) {
      this.#characters -= lengthOf(this.entries.shift());
      this.dropped += 1;
    }
    this.#tell();
    return whole;
  }

  #replace(entry, other) {
    const index = this.entries.indexOf(entry);
    if (index < 0) return;
    this.entries[index] = other;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

const lengthOf = ({ text }) => text?.length ?? 0;

export const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join(" ");

/** The bytes that are written as hexadecimal digits; `undefined` if they are not. */
export function bytesOf(text) {
  const digits = text.replaceAll(/\s|0x/g, "");
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) return undefined;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
