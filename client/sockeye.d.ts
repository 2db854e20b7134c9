/**
 * A WebSocket that reconnects, and that explains what is wrong.
 *
 * ```js
 * import { connect } from "./sockeye.js";
 *
 * const socket = connect("/ws/workflows/7");
 * socket.addEventListener("state", ({ detail }) => (badge.textContent = detail.name));
 * socket.addEventListener("message", ({ detail }) => show(detail));
 * socket.send({ do: "start" });
 * ```
 */
export function connect<In = unknown, Out = unknown>(url: string | URL, options?: Options<In, Out>): SockeyeSocket<In, Out>;

export interface Options<In = unknown, Out = unknown> {
  /** Subprotocols, in order of preference. */
  protocols?: string | string[];
  /** Encodes a message; JSON by default. */
  encode?: (message: Out) => string | ArrayBufferLike | Blob | ArrayBufferView;
  /** Decodes a message: a string, or an `ArrayBuffer`. By default, JSON for strings. An exception becomes an `invalid` event. */
  decode?: (data: string | ArrayBuffer) => In;
  /** Close codes after which the client does not reconnect, in addition to 1000, 1002, 1003, 1007 to 1010, 3000 and 3003. */
  finalCodes?: number[];
  /** Overrides the default decision: whether to reconnect after a close. `undefined` keeps the default, and so does an exception, which is reported. */
  retry?: (close: { code: number; reason: string }) => boolean | undefined;
  /** How many attempts in a row may fail. No limit by default. */
  attempts?: number;
  /** How long an attempt may take, in milliseconds. 10,000 by default; `Infinity` never times out. */
  connectTimeout?: number;
  /** Waits, in milliseconds: the first, the longest, and after how long a connection counts as stable. 500, 30,000 and 5,000 by default. A wait is doubled with each attempt, and shortened by up to a half at random. */
  backoff?: { first?: number; most?: number; stable?: number };
  /** Messages that are sent while there is no connection. 100 by default; beyond that the oldest is dropped, or the new one. */
  queue?: { size?: number; policy?: "drop-oldest" | "drop-newest" };
  /**
   * The interval in milliseconds at which a silent server sends a message. With the option `heartbeat_message` of the endpoint the server sends it, once in the first
   * 10 s of each connection. `0`: silence is never a failure, whatever the server sends.
   *
   * A connection counts as lost after one and a half intervals, but at least 2 s more than one, without a whole message. After each such loss the timeout is doubled,
   * up to 16 times the original, since a long message may take longer than that to arrive; once two messages arrive in time, it is reset.
   */
  heartbeat?: number;
  /** The endpoint sends events with their positions (`Positioned` in Rust): each connection continues after the last one that arrived. */
  resume?: boolean;
  /** The position to start from, for example from an earlier visit. */
  position?: string;
  /** For runtimes without a global `WebSocket`. */
  WebSocket?: typeof WebSocket;
  /** For runtimes without a global `fetch`. */
  fetch?: typeof fetch;
}

/** Why there is no connection. */
export interface Why {
  /** The close code, if there was one. */
  code?: number;
  /** A sentence. */
  reason: string;
  /** What to do about it. */
  remedy?: string;
  /** The HTTP status of a refused handshake. */
  status?: number;
  /** The rule of Sockeye that refused the handshake; `cargo sockeye explain RULE` describes it. */
  rule?: string;
}

export type State =
  /** `attempt` is 0 for the first. */
  | { name: "connecting"; attempt: number }
  | { name: "live"; protocol: string }
  /** `at` is when the next attempt begins at the latest, in milliseconds since 1970. Not known while the page is in the back/forward cache. */
  | ({ name: "reconnecting"; attempt: number; at?: number } & Why)
  /** It does not reconnect automatically. */
  | ({ name: "closed"; byPage?: boolean } & Why);

export interface Events<In> {
  /** The state has changed. */
  state: CustomEvent<State>;
  message: CustomEvent<In>;
  /** A handshake was refused. Whether that is final is in the state that follows, unless a listener calls `close` or `reconnect`. */
  refused: CustomEvent<Why>;
  /** Events were lost. `missed` is their number, if it is known. */
  gap: CustomEvent<{ missed?: number }>;
  /** A message for which the queue had no room. */
  dropped: CustomEvent<{ data: unknown }>;
  /** A message that `decode` could not read. */
  invalid: CustomEvent<{ data: string | ArrayBuffer; error: unknown }>;
}

/** A message of which `request` sets the `id`. */
export type WithoutId<Message> = unknown extends Message ? object : Message extends object ? Omit<Message, "id"> & { id?: unknown } : never;

export class SockeyeSocket<In = unknown, Out = unknown> extends EventTarget {
  constructor(url: string | URL, options?: Options<In, Out>);
  /** The address, without the position. */
  readonly url: string;
  readonly state: State;
  /** How many messages wait for a connection. */
  readonly queued: number;
  /** The position of the last event, with `resume`. */
  position: string | undefined;
  /** Sends a message, or queues it while there is no connection. Messages that a listener of the state `live` sends precede the queue. `false`: the queue is full, or the socket is closed. */
  send(message: Out): boolean;
  /**
   * Sends a message with an `id`, and waits for the message with the same `id`. Rejects if that has an `error`, if the connection ends, with its reason, or after `timeout` milliseconds (10,000 by
   * default; `Infinity` never times out). An answer that comes later is dropped. The `id` is a string such as `c-x7f3ab-1`, with a different prefix for each socket, so that no other message has it by accident.
   */
  request<Answer = In>(message: WithoutId<Out>, options?: { timeout?: number }): Promise<Answer>;
  /**
   * Answers the calls of the server (`Sender::call` in Rust): messages with an `id` that begins with `sockeye-`, which are then no `message` events. It gets the
   * question without its `id`. What it returns, or the message of what it throws as `error`, is sent with that `id`, if the connection is still the same.
   */
  onCall?: (question: any) => object | void | Promise<object | void>;
  /** Reconnects immediately, in any state. */
  reconnect(): void;
  /**
   * Closes permanently, until `reconnect`. Throws, as `WebSocket.close` does, for a code that is not 1000 or 3000 to 4999 (`InvalidAccessError`) and for a reason of
   * more than 123 bytes (`SyntaxError`), and then changes nothing.
   */
  close(code?: number, reason?: string): void;
  addEventListener<Type extends keyof Events<In>>(
    type: Type,
    listener: (event: Events<In>[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof Events<In>>(
    type: Type,
    listener: (event: Events<In>[Type]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** The meaning of a close code, as a sentence. */
export function explainClose(code: number, reason?: string): Why & { temporary: boolean };
