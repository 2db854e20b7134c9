// Every socket of the page. The badge shows the one that is worst off.

const RANK = ["live", "connecting", "reconnecting", "closed"];
/** @type {Set<import("./sockeye.js").SockeyeSocket<any, any>>} */
const open = new Set();
export const changed = new EventTarget();

/**
 * @template In, Out
 * @typedef {import("./sockeye.js").SockeyeSocket<In, Out>} Socket
 */

/**
 * Opens a socket that resumes where it was. `close` it when its view is left.
 *
 * @template In, Out
 * @param {(options: { resume: true, position?: string, backoff: { most: number } }) => Socket<In, Out>} connect an endpoint
 * @param {object} listeners
 * @param {string} [listeners.position]
 * @param {(message: In, socket: Socket<In, Out>) => void} listeners.onmessage
 * @param {(gap: { missed?: number }) => void} [listeners.ongap]
 * @param {() => void} [listeners.onlive]
 */
export function follow(connect, { position, onmessage, ongap, onlive }) {
  const socket = connect({ resume: true, position, backoff: { most: 8000 } });
  socket.addEventListener("state", ({ detail }) => {
    changed.dispatchEvent(new Event("change"));
    if (detail.name === "live") onlive?.();
  });
  socket.addEventListener("message", ({ detail }) => onmessage(detail, socket));
  socket.addEventListener("gap", ({ detail }) => ongap?.(detail));
  open.add(socket);
  return {
    /** @param {Out} message */
    send: (message) => socket.send(message),
    get position() {
      return socket.position;
    },
    close() {
      open.delete(socket);
      socket.close();
      changed.dispatchEvent(new Event("change"));
    },
  };
}

/**
 * The state of the page's connection: that of the worst of its sockets.
 *
 * @returns {{ name: string, at?: number, reason?: string, remedy?: string }}
 */
export function overall() {
  const states = [...open].map((socket) => socket.state);
  return states.reduce((worst, state) => (RANK.indexOf(state.name) > RANK.indexOf(worst.name) ? state : worst), states[0] ?? { name: "connecting" });
}

export function reconnectAll() {
  for (const socket of open) if (socket.state.name !== "live") socket.reconnect();
}
