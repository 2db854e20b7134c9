// What the types of the module allow, and what they do not. Compiled, never run.
import { type State, SockeyeSocket, connect, explainClose } from "../sockeye.js";

type Event = { kind: "progress"; percent: number } | { kind: "done" };
type Command = { do: "start" | "stop" };

const socket: SockeyeSocket<Event, Command> = connect<Event, Command>("/ws/workflows/7", {
  protocols: ["v2", "v1"],
  resume: true,
  heartbeat: 30_000,
  backoff: { first: 100 },
  queue: { size: 10, policy: "drop-newest" },
  retry: ({ code }) => code === 4000 || undefined,
});

socket.addEventListener("message", ({ detail }) => {
  if (detail.kind === "progress") detail.percent.toFixed();
  // @ts-expect-error only progress has a number
  detail.percent.toFixed();
});
socket.addEventListener("state", ({ detail }) => {
  if (detail.name === "reconnecting") console.log(detail.reason, detail.remedy, detail.at?.toFixed());
  // @ts-expect-error a live connection has no reason
  if (detail.name === "live") console.log(detail.reason);
});
socket.addEventListener("refused", ({ detail }) => console.log(detail.rule, detail.status, detail.reason));
socket.addEventListener("gap", ({ detail }) => detail.missed?.toFixed());
socket.addEventListener("dropped", ({ detail }) => console.log(detail.data));
socket.addEventListener("invalid", ({ detail }) => console.log(detail.error));

const isTaken: boolean = socket.send({ do: "start" });
// @ts-expect-error no such command
socket.send({ do: "strat" });
// @ts-expect-error no such policy
connect("/ws", { queue: { policy: "drop-all" } });

const answer: Promise<Event> = socket.request({ do: "stop" }, { timeout: 500 });
socket.onCall = async ({ left, right }) => ({ sum: left + right });
socket.onCall = () => {};
// @ts-expect-error an answer is an object
socket.onCall = () => 7;
const state: State = socket.state;
const position: string | undefined = socket.position;
console.log(isTaken, answer, state.name, position, socket.queued, explainClose(1013, "full").reason);
socket.reconnect();
socket.close(4001, "enough");

const untyped = connect(new URL("wss://example.com/ws"));
untyped.addEventListener("message", ({ detail }: CustomEvent<unknown>) => console.log(detail));
const target: EventTarget = untyped;
target.dispatchEvent(new CustomEvent("state"));
