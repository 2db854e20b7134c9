// Every socket of the page. The badge shows the one that is worst off.

import { connect } from "./sockeye.js";

const RANK = ["live", "connecting", "reconnecting", "closed"];
const open = new Set();
export const changed = new EventTarget();

/** Opens a socket that resumes where it was. `close` it when its view is left. */
export function follow(path, { position, onmessage, ongap, onlive }) {
  const socket = connect(path, { resume: true, position, backoff: { most: 8000 } });
  socket.addEventListener("state", ({ detail }) => {
    changed.dispatchEvent(new Event("change"));
    if (detail.name === "live") onlive?.(socket);
  });
  socket.addEventListener("message", ({ detail }) => onmessage(detail, socket));
  socket.addEventListener("gap", ({ detail }) => ongap?.(detail, socket));
  open.add(socket);
  return {
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

/** The state of the page's connection: that of the worst of its sockets. */
export function overall() {
  const states = [...open].map((socket) => socket.state);
  return states.reduce((worst, state) => (RANK.indexOf(state.name) > RANK.indexOf(worst.name) ? state : worst), states[0] ?? { name: "connecting" });
}

export function reconnectAll() {
  for (const socket of open) if (socket.state.name !== "live") socket.reconnect();
}
